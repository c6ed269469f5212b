import { Link } from "react-router";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";

export default function NotFoundPage() {
  const home = (
    <Button asChild>
      <Link to="/">To the overview</Link>
    </Button>
  );
  return (
    <EmptyState title="There is no such page" action={home}>
      The address may have been mistyped.
    </EmptyState>
  );
}
