/** A share: the bar is what it got, the mark what its weight asks for. Of one scale for all analysers of a list. */
type Props = { wanted: number; got: number | null; scale: number; name: string };

export function ShareBar({ wanted, got, scale, name }: Props) {
  const at = (percent: number) => `${Math.min(100, (100 * percent) / Math.max(scale, 1e-9))}%`;
  const told = got === null ? "no traffic" : `got ${got.toFixed(1)} %`;
  return (
    <svg
      role="img"
      aria-label={`${name}: ${told}, wanted ${wanted.toFixed(1)} %`}
      className="h-4 w-full overflow-visible"
    >
      <rect y="4" width="100%" height="8" rx="4" className="fill-raised" />
      {got !== null && got > 0 && <rect y="4" width={at(got)} height="8" rx="4" className="fill-accent" />}
      <rect x={at(wanted)} y="0" width="2" height="16" rx="1" transform="translate(-1 0)" className="fill-text" />
    </svg>
  );
}

/** The full length of the bars: the largest share of the list, and some room. */
export function shareScale(shares: { wanted: number; got: number | null }[]): number {
  const largest = Math.max(0, ...shares.flatMap(({ wanted, got }) => [wanted, got ?? 0]));
  return [1, 2, 5, 10, 20, 25, 50, 75, 100].find((scale) => scale >= largest) ?? 100;
}
