import {
  QueryClient,
  type InvalidateOptions,
  type InvalidateQueryFilters,
  type Query,
  type QueryKey,
} from "@tanstack/react-query";

/**
 * A query client that forgets no invalidation. One that comes while a query is read for the first time is dropped by
 * TanStack Query, though what is being read may be older than what made it invalid: here it is read once more.
 */
export class Queries extends QueryClient {
  #overtaken = new WeakSet<Query>();

  override invalidateQueries<Tagged extends QueryKey = QueryKey>(
    filters?: InvalidateQueryFilters<Tagged>,
    options?: InvalidateOptions,
  ): Promise<void> {
    for (const query of this.getQueryCache().findAll(filters)) this.#readAfter(query, options);
    return super.invalidateQueries(filters, options);
  }

  #readAfter(query: Query, options?: InvalidateOptions) {
    const isFirst = query.state.data === undefined && query.state.fetchStatus !== "idle";
    if (!isFirst || this.#overtaken.has(query)) return;
    this.#overtaken.add(query);
    const again = () => {
      this.#overtaken.delete(query);
      void super.invalidateQueries({ queryKey: query.queryKey, exact: true }, options);
    };
    // What failed is not up to date anyway: whoever tries again reads it then.
    query.promise?.then(again, () => this.#overtaken.delete(query));
  }
}
