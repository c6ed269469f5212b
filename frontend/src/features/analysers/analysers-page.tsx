/** All analysers, and one of them in a drawer that has an address of its own. */
import { Plus } from "lucide-react";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { PageHead } from "@/components/page-head";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { Input } from "@/components/ui/field";
import { WhenLive } from "@/components/when-live";
import { AddDialog } from "@/features/analysers/add-dialog";
import { AnalyserDrawer } from "@/features/analysers/analyser-drawer";
import { AnalysersTable } from "@/features/analysers/analysers-table";
import { arranged, type Sorting } from "@/features/analysers/columns";
import { useSettling } from "@/features/analysers/writes";
import { plural } from "@/lib/format";

export default function AnalysersPage() {
  const [filter, setFilter] = useState("");
  const [sorting, setSorting] = useState<Sorting>({ key: "name", isDescending: false });
  const [isAdding, setIsAdding] = useState(false);
  const { namespace, name } = useParams();
  const navigate = useNavigate();
  const close = () => void navigate("/analysers");
  useSettling();
  const add = (
    <Button look="primary" onClick={() => setIsAdding(true)}>
      <Plus aria-hidden />
      Add
    </Button>
  );
  return (
    <>
      <PageHead title="Analysers">
        <Input
          type="search"
          aria-label="Filter by name or standing"
          placeholder="Filter"
          className="w-36 sm:w-64"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        {add}
      </PageHead>
      <section
        aria-label="All analysers"
        className="@container flex min-h-80 flex-col overflow-hidden rounded-lg border border-line bg-surface"
      >
        <WhenLive rows={8}>
          {({ analysers }) => {
            if (analysers.length === 0)
              return (
                <EmptyState title="No analyser is registered" action={add}>
                  Until there is one, packets wait at the distributors.
                </EmptyState>
              );
            const shown = arranged(analysers, filter, sorting);
            if (shown.length === 0)
              return (
                <EmptyState
                  title="None matches the filter"
                  action={<Button onClick={() => setFilter("")}>Show all {analysers.length}</Button>}
                />
              );
            return (
              <>
                <AnalysersTable analysers={shown} sorting={sorting} onSort={setSorting} />
                <p className="border-t border-line px-4 py-2 text-xs text-muted">
                  {shown.length < analysers.length && `${shown.length} of `}
                  {plural(analysers.length, "analyser")}
                </p>
              </>
            );
          }}
        </WhenLive>
      </section>
      <AddDialog open={isAdding} onClose={() => setIsAdding(false)} />
      {namespace && name && <AnalyserDrawer namespace={namespace} name={name} onClose={close} />}
    </>
  );
}
