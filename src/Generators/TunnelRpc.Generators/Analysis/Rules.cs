using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Everything that is wrong with contracts: errors keep one from being generated, warnings do not. Each has a page in docs/diagnostics.</summary>
internal static class Rules
{
    private const string Category = "TunnelRpc";

    public static readonly DiagnosticDescriptor NotPartial = CreateRule("TRPC0001", "A contract must be partial", "The contract '{0}' must be declared partial, so that its generated part can be added");
    public static readonly DiagnosticDescriptor ContainingTypeNotPartial = CreateRule("TRPC0002", "Types around a contract must be partial", "The type '{1}' around the contract '{0}' must be declared partial");
    public static readonly DiagnosticDescriptor GenericService = CreateRule("TRPC0003", "A contract must not be generic", "The contract '{0}' must not be generic, nor be inside a generic type");
    public static readonly DiagnosticDescriptor NotAccessible = CreateRule("TRPC0004", "A contract must be public or internal", "The contract '{0}' must be public or internal, and so must the types around it");
    public static readonly DiagnosticDescriptor UnsupportedBase = CreateRule("TRPC0005", "A contract inherits what can be served", "The contract '{0}' must not inherit from '{1}': {2}");
    public static readonly DiagnosticDescriptor DuplicateService = CreateRule(
        "TRPC0006",
        "Services need different names on the wire",
        "The contracts '{0}' and '{1}' have the same name '{2}' on the wire: give one of them another with [TunnelService(Name = …)]",
        customTags: WellKnownDiagnosticTags.CompilationEnd);
    public static readonly DiagnosticDescriptor NotAMethod = CreateRule("TRPC0101", "A contract has methods only", "'{0}' is not an accessible instance method without a body: a contract has no properties, events, protected, static or implemented members");
    public static readonly DiagnosticDescriptor GenericMethod = CreateRule("TRPC0102", "A contract's method must not be generic", "The method '{0}' must not be generic");
    public static readonly DiagnosticDescriptor UnsupportedReturnType = CreateRule("TRPC0103", "Unsupported return type", "The method '{0}' returns '{1}': return Task, Task<T>, ValueTask, ValueTask<T> or IAsyncEnumerable<T>");
    public static readonly DiagnosticDescriptor DuplicateMethod = CreateRule("TRPC0104", "Methods need different names on the wire", "The methods '{0}' and '{1}' have the same name '{2}' on the wire: {3}");
    public static readonly DiagnosticDescriptor MethodIdCollision = CreateRule("TRPC0105", "Methods need different numbers on the wire", "The names '{0}' and '{1}' have the same number 0x{2} on the wire: give one of them another with [TunnelMethod(Name = …)]");
    public static readonly DiagnosticDescriptor OneWayResult = CreateRule("TRPC0106", "A one-way method has no result", "The method '{0}' is [OneWay] and must return Task or ValueTask, and take no stream");
    public static readonly DiagnosticDescriptor InvalidTimeout = CreateRule("TRPC0107", "A deadline is a time", "'{0}' is no deadline for '{1}': write a number and a unit (ms, s, m, h), as in \"30s\", or a TimeSpan as in \"00:00:30\", of at most 30 days");
    public static readonly DiagnosticDescriptor DuplicateFault = CreateRule("TRPC0108", "Faults need different names on the wire", "Two faults of '{0}' have the name '{1}' on the wire: give one of them another with [TunnelFault(typeof(…), Name = …)]");
    public static readonly DiagnosticDescriptor UnsupportedParameterKind = CreateRule("TRPC0201", "Parameters are passed by value", "The parameter '{0}' must not be ref, out or in, nor params");
    public static readonly DiagnosticDescriptor MultipleCancellationTokens = CreateRule("TRPC0202", "At most one CancellationToken", "The method '{0}' has more than one CancellationToken");
    public static readonly DiagnosticDescriptor UnsupportedType = CreateRule("TRPC0204", "A type cannot travel", "'{0}' cannot travel: {1}");
    public static readonly DiagnosticDescriptor DuplicateKey = CreateRule("TRPC0205", "Keys must be different", "'{0}' has the key {1} more than once");
    public static readonly DiagnosticDescriptor KeyOutOfRange = CreateRule("TRPC0206", "Keys start at 0", "'{0}' has the key {1}: integer keys go from 0 to 1023");
    public static readonly DiagnosticDescriptor MixedKeys = CreateRule("TRPC0207", "Keys of one type are of one kind", "'{0}' has integer keys on some members and not on others: give every member an integer key, or [TunnelIgnore], or none a key");
    public static readonly DiagnosticDescriptor InvalidUnionCase = CreateRule("TRPC0208", "A union's cases derive from it", "'{1}' cannot be a case of the union '{0}': {2}");
    public static readonly DiagnosticDescriptor MemberNotSerialized = CreateRule(
        "TRPC0209",
        "A member that keeps a value travels",
        "'{1}.{2}' at '{0}' does not travel: it has no public setter, and no constructor parameter has its name and type; add init or such a parameter, or say so with [TunnelIgnore]",
        DiagnosticSeverity.Warning);
    public static readonly DiagnosticDescriptor RequiredMemberNotSerialized = CreateRule("TRPC0210", "What a type needs travels", "'{0}' cannot travel: '{1}' cannot be made without '{2}', which does not travel: {3}");
    public static readonly DiagnosticDescriptor ElementsNotSerialized = CreateRule(
        "TRPC0211",
        "A collection's elements travel",
        "'{1}' at '{0}' is a collection of your own, which travels by its members, without its elements: pass a List<T>, a Dictionary<TKey, TValue> or another collection of the platform, or a type that has one as a member",
        DiagnosticSeverity.Warning);
    public static readonly DiagnosticDescriptor CallbackNotService = CreateRule("TRPC0301", "A callback is a contract", "The callback '{1}' of '{0}' must be an interface with [TunnelService]");

    public static readonly ImmutableArray<DiagnosticDescriptor> All = ImmutableArray.Create(
        NotPartial, ContainingTypeNotPartial, GenericService, NotAccessible, UnsupportedBase, DuplicateService,
        NotAMethod, GenericMethod, UnsupportedReturnType, DuplicateMethod, MethodIdCollision, OneWayResult, InvalidTimeout, DuplicateFault,
        UnsupportedParameterKind, MultipleCancellationTokens, UnsupportedType, DuplicateKey, KeyOutOfRange, MixedKeys, InvalidUnionCase, MemberNotSerialized, RequiredMemberNotSerialized, ElementsNotSerialized,
        CallbackNotService);

    /// <summary>Without a link: the pages are in the repository, whose address is nothing for a compiled analyzer to know. The description names the page.</summary>
    private static DiagnosticDescriptor CreateRule(
        string id, string title, string message, DiagnosticSeverity severity = DiagnosticSeverity.Error, params string[] customTags) => new(
        id,
        title,
        message,
        Category,
        severity,
        isEnabledByDefault: true,
        description: $"Why, an example and what to do: docs/diagnostics/{id}.md.",
        helpLinkUri: null,
        customTags: customTags);
}
