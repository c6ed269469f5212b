/** JSON text indented for people; what is no JSON stays as it is. Pure. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
