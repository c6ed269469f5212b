import { Balance, LedgerEquation } from "@/components/ledger-equation";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Fading, WhenLive } from "@/components/when-live";
import { sumOf } from "@/lib/ledger";
import { liveState } from "@/lib/live";
import { useStore } from "@/lib/store";

export function LedgerPanel() {
  const ledger = sumOf(useStore(liveState)?.pods ?? []);
  const balance = ledger && (
    <Fading>
      <Balance ledger={ledger} />
    </Fading>
  );
  return (
    <Panel title="Ledger" note="Every packet accounted for" actions={balance}>
      <WhenLive rows={2} className="p-4">
        {() => (ledger ? <LedgerEquation ledger={ledger} /> : <EmptyState title="No distributor has reported yet" />)}
      </WhenLive>
    </Panel>
  );
}
