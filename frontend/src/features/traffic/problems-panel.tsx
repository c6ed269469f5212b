/** Is all well? If not: what is wrong, in words, and what to do. Stands above everything else. */
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { clsx } from "clsx";
import { Link } from "react-router";
import type { Schemas } from "@/lib/api";
import { plural } from "@/lib/format";

const SHOWN = 5;

export function ProblemsPanel({ problems }: { problems: Schemas["Trouble"][] }) {
  const [gravest] = problems;
  if (!gravest)
    return (
      <p className="flex min-h-11 items-center gap-3 rounded-lg border border-ok/30 bg-ok-soft px-4 py-2.5 font-medium text-ok">
        <CircleCheck aria-hidden className="size-5 shrink-0" />
        All is well
      </p>
    );
  const isGrave = gravest.severity === "error";
  const hidden = problems.length - SHOWN;
  return (
    <section
      aria-label="What is wrong"
      className={clsx("rounded-lg border bg-surface", isGrave ? "border-bad/50" : "border-warn/50")}
    >
      <ul className="divide-y divide-line">
        {problems.slice(0, SHOWN).map((problem) => (
          <Problem key={`${problem.kind} ${problem.subject} ${problem.text}`} problem={problem} />
        ))}
      </ul>
      {hidden > 0 && (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">and {plural(hidden, "more problem")}</p>
      )}
    </section>
  );
}

function Problem({ problem: { severity, kind, subject, text, advice } }: { problem: Schemas["Trouble"] }) {
  const isError = severity === "error";
  const Icon = isError ? CircleAlert : TriangleAlert;
  return (
    <li className="flex gap-3 px-4 py-2.5">
      <Icon
        role="img"
        aria-label={severity}
        className={clsx("mt-px size-5 shrink-0", isError ? "text-bad" : "text-warn")}
      />
      <div className="min-w-0">
        <p className="font-medium break-words">
          {subject && (
            <>
              <Subject kind={kind} subject={subject} />:{" "}
            </>
          )}
          {text}
        </p>
        <p className="break-words text-muted">{advice}</p>
      </div>
    </li>
  );
}

function Subject({ kind, subject }: Pick<Schemas["Trouble"], "kind" | "subject">) {
  if (kind !== "analyser") return subject.replace(/^https?:\/\//, "");
  return (
    <Link to={`/analysers/${subject}`} className="underline decoration-line-strong underline-offset-3">
      {subject.replace(/^default\//, "")}
    </Link>
  );
}
