/** Every packet accounted for: of the fleet, of each distributor, and those that no analyser would take. */
import { Balance, LedgerEquation } from "@/components/ledger-equation";
import { PageHead } from "@/components/page-head";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { WhenLive } from "@/components/when-live";
import { DeadLettersPanel } from "@/features/ledger/dead-letters-panel";
import { PodLedgers } from "@/features/ledger/pod-ledgers";
import { formatCount } from "@/lib/format";
import { sumOf } from "@/lib/ledger";

export default function LedgerPage() {
  return (
    <>
      <PageHead title="Ledger" />
      <div className="flex flex-col gap-4">
        <Panel title="All distributors" note="In packets, since each of them started">
          <WhenLive rows={2} className="p-4">
            {({ pods }) => {
              const ledger = sumOf(pods);
              if (!ledger) return <EmptyState title="No distributor has reported yet" />;
              return (
                <>
                  <div className="flex flex-wrap items-center justify-between gap-3">
                    <LedgerEquation ledger={ledger} size="large" />
                    <Balance ledger={ledger} />
                  </div>
                  <p className="mt-3 flex flex-wrap gap-x-5 gap-y-1 border-t border-line pt-3 text-muted">
                    <span>
                      Apart from these: {formatCount(ledger.repeats)} repeats, answered and not delivered again
                    </span>
                    <span>{formatCount(ledger.requeued)} taken back from an analyser and dealt to another</span>
                  </p>
                </>
              );
            }}
          </WhenLive>
        </Panel>
        <Panel title="Each distributor">
          <WhenLive rows={3}>{({ pods }) => <PodLedgers pods={pods} />}</WhenLive>
        </Panel>
        <DeadLettersPanel />
      </div>
    </>
  );
}
