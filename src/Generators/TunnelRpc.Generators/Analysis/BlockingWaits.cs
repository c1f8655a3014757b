using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// Finds waits for tasks that block the thread of a served call. The result of a task that is known to have completed blocks nothing: one
/// that was awaited before, whose state is checked, or that a method passes which takes completed tasks only.
/// </summary>
internal static class BlockingWaits
{
    private const string Tasks = "System.Threading.Tasks";
    private const string CompilerServices = "System.Runtime.CompilerServices";

    private static readonly HashSet<string> States = ["IsCompleted", "IsCompletedSuccessfully", "IsFaulted", "IsCanceled", "Status"];

    /// <summary>Reports the waits in a method that serves calls, also those in its lambdas and local functions.</summary>
    public static void Check(IMethodSymbol method, ImmutableArray<IOperation> blocks, Action<Diagnostic> report)
    {
        foreach (IOperation operation in blocks.SelectMany(b => b.DescendantsAndSelf()))
        {
            if (FindWait(operation) is { } wait && !(wait.Task is { } task && IsCompleted(task, blocks)))
            {
                report(Diagnostic.Create(
                    Rules.BlockingWait, CallSyntax.FindName(operation.Syntax).GetLocation(), method.Name, wait.Name));
            }
        }
    }

    /// <summary>Returns the name of the member that waits, and the task; null if the operation does not wait.</summary>
    private static (string Name, IOperation? Task)? FindWait(IOperation operation)
    {
        switch (operation)
        {
            case IPropertyReferenceOperation { Property: { Name: "Result" } property } result
                when IsIn(property.ContainingType, Tasks) && property.ContainingType.Name is "Task" or "ValueTask":
                return ("Result", result.Instance);
            case IInvocationOperation { TargetMethod: { Name: "Wait" } method } wait when IsIn(method.ContainingType, Tasks):
                return method.ContainingType.Name == "Task" && !IsPoll(wait) ? ("Wait()", wait.Instance) : null;
            case IInvocationOperation { TargetMethod: { Name: "WaitAll" or "WaitAny" } method } wait
                when IsIn(method.ContainingType, Tasks) && method.ContainingType.Name == "Task":
                return ($"Task.{method.Name}()", null);
            case IInvocationOperation { TargetMethod: { Name: "GetResult" } method } wait
                when IsIn(method.ContainingType, CompilerServices)
                    && wait.Instance is IInvocationOperation { TargetMethod.Name: "GetAwaiter" } awaiter:
                IOperation? task = awaiter.Instance is IInvocationOperation { TargetMethod.Name: "ConfigureAwait" } configured
                    ? configured.Instance
                    : awaiter.Instance;
                return ("GetAwaiter().GetResult()", task);
            default:
                return null;
        }
    }

    private static bool IsIn(INamedTypeSymbol type, string space) => OutermostOf(type).ContainingNamespace.ToDisplayString() == space;

    /// <summary>The awaiters of ConfiguredTaskAwaitable are nested types.</summary>
    private static INamedTypeSymbol OutermostOf(INamedTypeSymbol type) => type.ContainingType is { } outer ? OutermostOf(outer) : type;

    /// <summary>Whether the wait returns at once: Wait(0) or Wait(TimeSpan.Zero).</summary>
    private static bool IsPoll(IInvocationOperation wait) => wait.Arguments.Any(a =>
        a.Value.ConstantValue is { HasValue: true, Value: 0 }
        || a.Value is IFieldReferenceOperation { Field: { Name: "Zero", ContainingType.Name: "TimeSpan" } });

    private static bool IsCompleted(IOperation task, ImmutableArray<IOperation> blocks)
    {
        List<ISymbol> sources = [.. task.DescendantsAndSelf().Select(SymbolOf).OfType<ISymbol>()];
        List<IAwaitOperation> awaitedBefore =
        [
            .. blocks.SelectMany(b => b.DescendantsAndSelf()).OfType<IAwaitOperation>()
                .Where(a => a.Syntax.Span.End <= task.Syntax.SpanStart && a.Syntax.SyntaxTree == task.Syntax.SyntaxTree),
        ];
        return sources.Any(s => awaitedBefore.Any(a => Uses(a, s)) || IsChecked(s, blocks) || IsGivenCompleted(s, task, awaitedBefore));
    }

    private static ISymbol? SymbolOf(IOperation operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation field => field.Field,
        IPropertyReferenceOperation property => property.Property,
        _ => null,
    };

    private static bool Uses(IOperation operation, ISymbol symbol) =>
        operation.Descendants().Any(o => SymbolEqualityComparer.Default.Equals(SymbolOf(o), symbol));

    private static bool IsChecked(ISymbol symbol, ImmutableArray<IOperation> blocks) => blocks
        .SelectMany(b => b.DescendantsAndSelf())
        .OfType<IPropertyReferenceOperation>()
        .Any(p => States.Contains(p.Property.Name)
            && p.Instance is { } instance
            && SymbolEqualityComparer.Default.Equals(SymbolOf(instance), symbol));

    /// <summary>
    /// Whether a variable has completed tasks only: the parameter of a continuation, a variable of <c>await foreach</c>, the result of an
    /// await such as that of WhenAny; or an element of a collection, after an await of WhenAll.
    /// </summary>
    private static bool IsGivenCompleted(ISymbol symbol, IOperation task, List<IAwaitOperation> awaitedBefore)
    {
        for (IOperation? parent = task.Parent; parent is not null; parent = parent.Parent)
        {
            switch (parent)
            {
                case IAnonymousFunctionOperation lambda
                    when lambda.Symbol.Parameters.Contains(symbol, SymbolEqualityComparer.Default):
                    return IsContinuation(lambda) || awaitedBefore.Any(AwaitsAll);
                case IForEachLoopOperation loop when loop.Locals.Contains(symbol, SymbolEqualityComparer.Default):
                    return loop.IsAsynchronous || awaitedBefore.Any(AwaitsAll);
                case IBlockOperation block when block.Locals.Contains(symbol, SymbolEqualityComparer.Default):
                    return block.Descendants().OfType<IVariableDeclaratorOperation>().Any(d =>
                        SymbolEqualityComparer.Default.Equals(d.Symbol, symbol) && d.GetVariableInitializer()?.Value is IAwaitOperation);
            }
        }

        return false;
    }

    private static bool IsContinuation(IAnonymousFunctionOperation lambda)
    {
        IOperation? parent = lambda.Parent;
        while (parent is IDelegateCreationOperation or IConversionOperation or IArgumentOperation)
        {
            parent = parent.Parent;
        }

        return parent is IInvocationOperation { TargetMethod.Name: "ContinueWith" };
    }

    private static bool AwaitsAll(IAwaitOperation operation) =>
        operation.Descendants().OfType<IInvocationOperation>().Any(i => i.TargetMethod.Name is "WhenAll" or "WhenEach");
}
