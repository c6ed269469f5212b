/** The registry: its present generation, what the last ones changed, and which distributor holds which. */
import { PageHead } from "@/components/page-head";
import { Panel } from "@/components/ui/panel";
import { WhenLive } from "@/components/when-live";
import { GenerationsPanel } from "@/features/registry/generations-panel";
import { HoldersTable } from "@/features/registry/holders-table";
import { formatCount, plural } from "@/lib/format";

export default function RegistryPage() {
  return (
    <>
      <PageHead title="Registry" />
      <div className="grid gap-4 xl:grid-cols-2 xl:items-start">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Present generation">
            <WhenLive rows={2} className="p-4">
              {({ generation, digest, analysers, source }) => (
                <div className="flex flex-wrap items-end gap-x-8 gap-y-3">
                  <p className="text-3xl font-semibold tracking-tight">{formatCount(generation)}</p>
                  <dl className="grid min-w-0 grow grid-cols-[max-content_1fr] gap-x-4 gap-y-1">
                    <dt className="text-muted">Holds</dt>
                    <dd>{plural(analysers.length, "analyser")}</dd>
                    <dt className="text-muted">From</dt>
                    <dd className="break-all">{source.location}</dd>
                    <dt className="text-muted">Digest</dt>
                    <dd className="truncate font-mono text-xs leading-5" title={digest}>
                      {digest}
                    </dd>
                  </dl>
                </div>
              )}
            </WhenLive>
          </Panel>
          <Panel title="Held by">
            <WhenLive rows={3}>{(state) => <HoldersTable pods={state.pods} generation={state.generation} />}</WhenLive>
          </Panel>
        </div>
        <GenerationsPanel />
      </div>
    </>
  );
}
