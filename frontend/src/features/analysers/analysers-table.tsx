/** The table: only the rows in sight are in the page, so that 500 analysers cost no more than 20. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useRef } from "react";
import { Table, Th } from "@/components/table";
import { shareScale } from "@/components/share-bar";
import { AnalyserRow } from "@/features/analysers/analyser-row";
import { type Column, COLUMNS, type Sorting } from "@/features/analysers/columns";
import type { Schemas } from "@/lib/api";
import { clsx } from "clsx";

const ROW_PX = 52;

type Props = { analysers: Schemas["Analyser"][]; sorting: Sorting; onSort: (sorting: Sorting) => void };

export function AnalysersTable({ analysers, sorting, onSort }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler, which cannot memoize it, is not used
  const rows = useVirtualizer({
    count: analysers.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => analysers[index]?.uid ?? index,
    overscan: 8,
  });
  const items = rows.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = rows.getTotalSize() - (items.at(-1)?.end ?? 0);
  const scale = shareScale(analysers.map((analyser) => analyser.share));
  return (
    <div ref={scroller} className="max-h-[calc(100dvh-11rem)] overflow-y-auto lg:max-h-[calc(100dvh-9.5rem)]">
      <Table label="Analysers" aria-rowcount={analysers.length + 1} isFixed>
        <thead className="sticky top-0 z-10 bg-surface shadow-[inset_0_-1px_0_var(--color-line)]">
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <Heading key={column.key} {...{ column, sorting, onSort }} />
            ))}
            <Th className="w-15">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Spacer height={above} />}
          {items.map(({ index, key }) => {
            const analyser = analysers[index];
            return analyser && <AnalyserRow key={key} analyser={analyser} scale={scale} index={index} />;
          })}
          {below > 0 && <Spacer height={below} />}
        </tbody>
      </Table>
    </div>
  );
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={COLUMNS.length + 1} style={{ height }} />
    </tr>
  );
}

type HeadingProps = { column: Column; sorting: Sorting; onSort: (sorting: Sorting) => void };

function Heading({ column, sorting, onSort }: HeadingProps) {
  const isSorted = sorting.key === column.key;
  const Arrow = sorting.isDescending ? ArrowDown : ArrowUp;
  const next = { key: column.key, isDescending: isSorted ? !sorting.isDescending : column.isNumber };
  return (
    <Th
      isNumber={column.isNumber}
      className={column.className}
      aria-sort={isSorted ? (sorting.isDescending ? "descending" : "ascending") : "none"}
    >
      <button
        type="button"
        onClick={() => onSort(next)}
        className={clsx("inline-flex items-center gap-1 hover:text-text", column.isNumber && "flex-row-reverse")}
      >
        {column.label}
        <Arrow aria-hidden className={clsx("size-3", !isSorted && "invisible")} />
      </button>
    </Th>
  );
}
