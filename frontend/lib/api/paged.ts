// How every list of the API goes on: an opaque cursor until there is none.

/** Spread into an infinite query beside its generated options. */
export const paged = {
  // The first page is asked for without a cursor; where a path has parameters the generated type has no word for that.
  initialPageParam: {} as never,
  getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor,
};
