/** What one generation changed of one analyser, field by field. */
import { Badge } from "@/components/ui/badge";
import type { Schemas } from "@/lib/api";
import { type FieldChange, changesOf, kindOf } from "@/features/registry/changes";

const WORDS = { added: "ok", changed: "accent", removed: "bad" } as const;

export function Difference({ difference }: { difference: Schemas["Difference"] }) {
  const kind = kindOf(difference);
  return (
    <li>
      <p className="flex items-center gap-2 font-medium">
        <span className="truncate">{difference.name}</span>
        <Badge tone={WORDS[kind]}>{kind}</Badge>
      </p>
      {kind !== "removed" && (
        <dl className="mt-1 grid grid-cols-[minmax(7rem,max-content)_1fr] gap-x-4 gap-y-0.5 text-xs">
          {changesOf(difference).map((change) => (
            <Field key={change.field} {...change} />
          ))}
        </dl>
      )}
    </li>
  );
}

function Field({ field, before, after }: FieldChange) {
  return (
    <>
      <dt className="text-muted">{field}</dt>
      <dd className="font-mono break-all">
        {before !== null && (
          <>
            <del className="text-bad">
              <span className="sr-only">was </span>
              {before}
            </del>
            <span aria-hidden className="px-1.5 text-muted">
              →
            </span>
          </>
        )}
        <ins className="text-ok no-underline">
          <span className="sr-only">is now </span>
          {after ?? "nothing"}
        </ins>
      </dd>
    </>
  );
}
