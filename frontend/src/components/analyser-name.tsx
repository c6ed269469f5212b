/** The name of an analyser of which only the uid is known, as a link for as long as it is there. */
import { Link } from "react-router";
import { fullNameOf, pathOf, useAnalyser } from "@/lib/analysers";

export function AnalyserName({ uid }: { uid: string }) {
  const analyser = useAnalyser(uid);
  if (!analyser) return uid;
  return (
    <Link to={pathOf(analyser)} className="underline underline-offset-2">
      {fullNameOf(analyser).replace(/^default\//, "")}
    </Link>
  );
}
