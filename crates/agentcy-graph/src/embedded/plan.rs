//! What a query's plan may hold, and the bounds put into it.
//!
//! The engine has no memory limit of its own, so whatever gathers rows gets a limit below it. After the query
//! the counts tell whether one was reached: then the answer is not given, since it would be wrong.

use grafeo::Value;
use grafeo_engine::query::{
    LogicalExpression, LogicalOperator,
    plan::{AggregateFunction, BinaryOp, BuiltinFunction, CountExpr, FilterOp, LimitOp},
    profile::ProfileEntry,
};

use crate::cypher::{Failure, MAX_GATHERED};

/// The most items of a gathered list that an expression walks. Odd, so that it is not taken for a user's bound.
const MAX_ITEMS: usize = MAX_GATHERED + 3;

/// Whether a plan only reads the graph; the second layer behind the gate.
pub(super) fn only_reads(operator: &LogicalOperator) -> bool {
    use LogicalOperator as O;
    let known = matches!(
        operator,
        O::NodeScan(_)
            | O::EdgeScan(_)
            | O::Expand(_)
            | O::Filter(_)
            | O::Project(_)
            | O::Join(_)
            | O::Aggregate(_)
            | O::Limit(_)
            | O::Skip(_)
            | O::Sort(_)
            | O::Distinct(_)
            | O::Return(_)
            | O::Union(_)
            | O::LeftJoin(_)
            | O::AntiJoin(_)
            | O::MarkJoin(_)
            | O::Bind(_)
            | O::Unwind(_)
            | O::MapCollect(_)
            | O::ShortestPath(_)
            | O::HorizontalAggregate(_)
            | O::Except(_)
            | O::Intersect(_)
            | O::Otherwise(_)
            | O::Apply(_)
            | O::ParameterScan(_)
            | O::DelimScan(_)
            | O::MultiWayJoin(_)
            | O::Empty
    );
    known && operator.children().into_iter().all(only_reads)
}

/// The plan with a limit below every step that keeps rows, and a check above every list that it gathers.
pub(super) fn bounded(
    operator: LogicalOperator,
    short_lists: bool,
    kept: usize,
) -> LogicalOperator {
    use LogicalOperator as O;
    let keeps = matches!(
        operator,
        O::Sort(_)
            | O::Distinct(_)
            | O::Join(_)
            | O::LeftJoin(_)
            | O::AntiJoin(_)
            | O::MarkJoin(_)
            | O::Except(_)
            | O::Intersect(_)
            | O::Otherwise(_)
            | O::MapCollect(_)
    ) || matches!(&operator, O::Aggregate(aggregate)
        if !aggregate.group_by.is_empty() || aggregate.aggregates.iter().any(|one| keeps_values(one.function) || one.distinct));
    let lists = if short_lists { gathered(&operator) } else { Vec::new() };
    let operator = operator.map_children(|child| {
        let child = bounded(child, short_lists, kept);
        if keeps { limited(child, kept) } else { child }
    });
    lists.into_iter().fold(operator, short)
}

const fn keeps_values(function: AggregateFunction) -> bool {
    matches!(
        function,
        AggregateFunction::Collect
            | AggregateFunction::PercentileCont
            | AggregateFunction::PercentileDisc
    )
}

/// The names of the lists that an operator gathers.
fn gathered(operator: &LogicalOperator) -> Vec<String> {
    let LogicalOperator::Aggregate(aggregate) = operator else { return Vec::new() };
    let collects =
        aggregate.aggregates.iter().filter(|one| one.function == AggregateFunction::Collect);
    collects.filter_map(|one| one.alias.clone()).collect()
}

/// Below what only names values: a sort looks through that for what it sorts by.
fn limited(operator: LogicalOperator, kept: usize) -> LogicalOperator {
    use LogicalOperator as O;
    if matches!(operator, O::Return(_) | O::Project(_)) {
        return operator.map_children(|child| limited(child, kept));
    }
    if matches!(operator, O::ParameterScan(_) | O::DelimScan(_) | O::Empty) {
        return operator;
    }
    let count = CountExpr::Literal(kept);
    O::Limit(LimitOp { count, input: Box::new(operator) })
}

/// Lets only rows through whose list is not too long.
fn short(input: LogicalOperator, list: String) -> LogicalOperator {
    let size =
        LogicalExpression::builtin(BuiltinFunction::Size, vec![LogicalExpression::Variable(list)]);
    let predicate = LogicalExpression::Binary {
        left: Box::new(size),
        op: BinaryOp::Le,
        right: Box::new(LogicalExpression::Literal(Value::from(
            i64::try_from(MAX_ITEMS).unwrap_or(i64::MAX),
        ))),
    };
    LogicalOperator::Filter(FilterOp { predicate, input: Box::new(input), pushdown_hint: None })
}

/// Whether a bound was reached, as the counts of the steps tell.
pub(super) fn judge(steps: &[ProfileEntry], kept: usize) -> Result<(), Failure> {
    let rows = |step: &ProfileEntry| step.stats.lock().rows_out;
    let limit = kept.to_string();
    let short = format!("Le {MAX_ITEMS}");
    for (place, step) in steps.iter().enumerate() {
        // The steps stand in the order in which they feed one another.
        let before = place.checked_sub(1).and_then(|place| steps.get(place));
        if step.label.contains(&short) && before.is_some_and(|before| rows(before) > rows(step)) {
            let message = format!(
                "it walks through a list of more than {MAX_GATHERED} items that it gathers"
            );
            return Err(Failure::TooLarge(message));
        }
        if step.label == limit && usize::try_from(rows(step)).is_ok_and(|rows| rows >= kept) {
            let message =
                format!("a step of it keeps more than {kept} rows, given what it makes of each");
            return Err(Failure::TooLarge(message));
        }
    }
    Ok(())
}
