/** Share wanted against got, of the analysers with the largest shares. */
import { Link } from "react-router";
import { ShareBar, shareScale } from "@/components/share-bar";
import { StandingBadge } from "@/components/standing-badge";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { WhenLive } from "@/components/when-live";
import { pathOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";
import { formatPercent, plural } from "@/lib/format";

const SHOWN = 10;

export function SharesPanel() {
  const legend = (
    <span className="flex items-center gap-4">
      <span className="flex items-center gap-1.5">
        <span className="h-2 w-4 rounded-full bg-accent" /> got, last minute
      </span>
      <span className="flex items-center gap-1.5">
        <span className="h-3.5 w-0.5 bg-text" /> wanted
      </span>
    </span>
  );
  return (
    <Panel title="Shares" note={legend} className="min-w-0">
      <WhenLive rows={6}>{({ analysers }) => <Shares analysers={analysers} />}</WhenLive>
    </Panel>
  );
}

function Shares({ analysers }: { analysers: Schemas["Analyser"][] }) {
  if (analysers.length === 0)
    return (
      <EmptyState title="No analyser is registered">Until there is one, packets wait at the distributors.</EmptyState>
    );
  const shown = [...analysers]
    .sort((a, b) => b.share.wanted - a.share.wanted || (a.uid < b.uid ? -1 : 1))
    .slice(0, SHOWN);
  const hidden = analysers.length - shown.length;
  const scale = shareScale(shown.map((analyser) => analyser.share));
  return (
    <>
      <ul className="divide-y divide-line">
        {shown.map((analyser) => (
          <li
            key={analyser.uid}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1.5 px-4 py-2.5 sm:grid-cols-[minmax(0,1fr)_6rem_minmax(0,1fr)_8.5rem]"
          >
            <Link to={pathOf(analyser)} className="truncate font-medium hover:underline">
              {analyser.name}
            </Link>
            <span>
              <StandingBadge analyser={analyser} />
            </span>
            <ShareBar {...analyser.share} scale={scale} name={analyser.name} />
            <span className="text-right whitespace-nowrap">
              <span className="font-medium">{formatPercent(analyser.share.got)}</span>
              <span className="text-muted"> / {formatPercent(analyser.share.wanted)}</span>
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <Link to="/analysers" className="border-t border-line px-4 py-2.5 text-accent hover:underline">
          and {plural(hidden, "analyser")} more
        </Link>
      )}
    </>
  );
}
