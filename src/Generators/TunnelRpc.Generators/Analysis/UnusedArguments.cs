using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Finds streams and objects that a served call receives and does not use.</summary>
internal static class UnusedArguments
{
    private static readonly HashSet<string> StateOfStreams = ["CanRead", "CanWrite", "CanSeek", "CanTimeout"];

    /// <summary>Reports the parameters of a method that serves calls.</summary>
    public static void Check(IMethodSymbol method, ImmutableArray<IOperation> blocks, Action<Diagnostic> report)
    {
        List<IParameterSymbol> received =
            [.. method.Parameters.Where(p => !p.Name.StartsWith("_", StringComparison.Ordinal) && Describe(p.Type) is not null)];
        if (received.Count == 0 || blocks.All(IsTrivial))
        {
            return;
        }

        List<IParameterReferenceOperation> references =
            [.. blocks.SelectMany(b => b.DescendantsAndSelf()).OfType<IParameterReferenceOperation>()];
        foreach (IParameterSymbol parameter in received)
        {
            if (!references.Any(r => SymbolEqualityComparer.Default.Equals(r.Parameter, parameter) && IsUse(r)))
            {
                (string what, string use) = Describe(parameter.Type)!.Value;
                report(Diagnostic.Create(Rules.NotConsumed, parameter.Locations[0], method.Name, parameter.Name, what, use));
            }
        }
    }

    /// <summary>Returns what the caller passes, and what is done with it; null for a value that is passed as a copy.</summary>
    private static (string What, string Use)? Describe(ITypeSymbol type) => type.OriginalDefinition.ToDisplayString() switch
    {
        "System.Collections.Generic.IAsyncEnumerable<T>" => ("a stream of items", "read"),
        "System.IO.Stream" => ("a stream", "read or written"),
        "System.IO.Pipelines.PipeReader" => ("a pipe", "read"),
        "System.IO.Pipelines.PipeWriter" => ("a pipe", "written"),
        _ when ContractTypes.IsContract(type) => ("an object", "called"),
        _ => null,
    };

    /// <summary>
    /// Whether the code is a single statement that uses neither an argument nor its object: an implementation for tests, or one that
    /// refuses the call.
    /// </summary>
    private static bool IsTrivial(IOperation block)
    {
        if (block is IBlockOperation { Operations.Length: <= 1 })
        {
            return block.Descendants().All(o => o is not (IParameterReferenceOperation or IInstanceReferenceOperation));
        }

        return block is not IBlockOperation;
    }

    /// <summary>Returns whether the code does more with a parameter than a check for null or for what a stream can do.</summary>
    private static bool IsUse(IParameterReferenceOperation reference)
    {
        IOperation value = reference;
        while (value.Parent is IConversionOperation conversion)
        {
            value = conversion;
        }

        return value.Parent switch
        {
            INameOfOperation => false,
            IPropertyReferenceOperation property when property.Instance == value => !StateOfStreams.Contains(property.Property.Name),
            IBinaryOperation binary => !IsNull(binary.LeftOperand) && !IsNull(binary.RightOperand),
            IIsPatternOperation pattern => !IsNullCheck(pattern.Pattern),
            IArgumentOperation { Parent: IInvocationOperation { TargetMethod: { Name: "ThrowIfNull" } } } => false,
            _ => true,
        };
    }

    private static bool IsNull(IOperation operand) => operand.ConstantValue is { HasValue: true, Value: null };

    private static bool IsNullCheck(IPatternOperation pattern) => pattern switch
    {
        INegatedPatternOperation negated => IsNullCheck(negated.Pattern),
        IConstantPatternOperation constant => IsNull(constant.Value),
        _ => false,
    };
}
