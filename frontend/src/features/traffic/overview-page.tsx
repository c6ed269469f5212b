/** The first screen: is all well? */
import { WhenLive } from "@/components/when-live";
import { DistributorsPanel } from "@/features/traffic/distributors-panel";
import { Figures } from "@/features/traffic/figures";
import { LedgerPanel } from "@/features/traffic/ledger-panel";
import { ProblemsPanel } from "@/features/traffic/problems-panel";
import { SharesPanel } from "@/features/traffic/shares-panel";
import { TrafficPanel } from "@/features/traffic/traffic-panel";

export default function OverviewPage() {
  return (
    <>
      <h1 className="sr-only">Overview</h1>
      <div className="flex flex-col gap-4">
        <div className="flex min-h-34 flex-col not-has-[dl]:rounded-lg not-has-[dl]:border not-has-[dl]:border-line not-has-[dl]:bg-surface">
          <WhenLive rows={3} className="gap-4">
            {(state) => (
              <>
                <ProblemsPanel problems={state.problems} />
                <Figures state={state} />
              </>
            )}
          </WhenLive>
        </div>
        <TrafficPanel />
        <div className="grid gap-4 xl:grid-cols-2">
          <SharesPanel />
          <div className="flex min-w-0 flex-col gap-4">
            <LedgerPanel />
            <DistributorsPanel />
          </div>
        </div>
      </div>
    </>
  );
}
