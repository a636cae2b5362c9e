const OURS = "http://ours.invalid";

/** Where to go after signing in: a place of ours, whatever the address says. */
export function destination(to: string | null): string {
  if (!to?.startsWith("/") || /[\\\p{Cc}]/u.test(to)) return "/";
  const place = new URL(to, OURS);
  if (place.origin !== OURS || /^\/(login|register)(\/|$)/.test(place.pathname)) return "/";
  return place.pathname + place.search + place.hash;
}

/** The way to the sign-in that leads back here. */
export function signInAddress(path: string, search: string): string {
  const here = search ? `${path}?${search}` : path;
  return here === "/" ? "/login/" : `/login/?to=${encodeURIComponent(here)}`;
}
