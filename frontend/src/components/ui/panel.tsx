/** A titled surface. Every panel of every page is one. */
import { type ReactNode, useId } from "react";
import { clsx } from "clsx";

type Props = { title: string; note?: ReactNode; actions?: ReactNode; className?: string; children: ReactNode };

export function Panel({ title, note, actions, className, children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={clsx("flex min-w-0 flex-col rounded-lg border border-line bg-surface", className)}
    >
      <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {note && <p className="text-xs text-muted">{note}</p>}
        {actions && (
          <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:mx-0 max-sm:w-full">{actions}</div>
        )}
      </header>
      {children}
    </section>
  );
}
