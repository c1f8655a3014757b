using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// The diagnostics of contracts. An error prevents the generation of the contract, a warning does not. Each rule has a page in
/// docs/diagnostics.
/// </summary>
internal static class Rules
{
    private const string Category = "TunnelRpc";

    /// <summary>Reported by the generator, and therefore not one of <see cref="All"/>. A build cannot switch it off.</summary>
    public static readonly DiagnosticDescriptor NotGenerated = CreateRule(
        "TRPC0000",
        "A contract with an error is not generated",
        "The contract '{0}' is not generated: {1}: {2}",
        "The generator reports the first error of a contract, also where the analyzer, which reports them all, is switched off.",
        WellKnownDiagnosticTags.NotConfigurable);

    public static readonly DiagnosticDescriptor NotPartial = CreateRule(
        "TRPC0001",
        "A contract must be partial",
        "The contract '{0}' must be declared partial, so that the generator can add a part to it",
        "The generator adds a partial declaration to every contract.");

    public static readonly DiagnosticDescriptor ContainingTypeNotPartial = CreateRule(
        "TRPC0002",
        "The types that contain a contract must be partial",
        "The type '{1}', which contains the contract '{0}', must be declared partial",
        "The generator adds a partial declaration to a nested contract, and therefore to every type that contains it.");

    public static readonly DiagnosticDescriptor GenericService = CreateRule(
        "TRPC0003",
        "A contract must not be generic",
        "The contract '{0}' must not be generic and must not be nested in a generic type",
        "A service has one name and one set of methods on the wire.");

    public static readonly DiagnosticDescriptor NotAccessible = CreateRule(
        "TRPC0004",
        "A contract must be public or internal",
        "The contract '{0}' and the types that contain it must be public or internal",
        "Generated code is in another namespace and must have access to the contract.");

    public static readonly DiagnosticDescriptor UnsupportedBase = CreateRule(
        "TRPC0005",
        "A contract inherits from an unsupported interface",
        "The contract '{0}' must not inherit from '{1}': {2}",
        "Every method of a base interface becomes a method of the service, so a contract can inherit only from contracts "
        + "and interfaces of the application.");

    public static readonly DiagnosticDescriptor DuplicateService = CreateRule(
        "TRPC0006",
        "Services must have different names on the wire",
        "The contracts '{0}' and '{1}' have the same name '{2}' on the wire. Give one of them another name with "
        + "[TunnelService(Name = …)].",
        "A call identifies its service by the name, so only one of the contracts could be served.",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor NotAMethod = CreateRule(
        "TRPC0101",
        "A contract must contain only methods",
        "'{0}' is not an accessible instance method. A contract must not contain properties, events, or protected or static methods "
        + "without a body; members with a body, constants and nested types are not part of the contract.",
        "Only method calls are sent to the peer.");

    public static readonly DiagnosticDescriptor GenericMethod = CreateRule(
        "TRPC0102",
        "A contract method must not be generic",
        "The method '{0}' must not be generic",
        "The generator must know all argument types when it compiles the contract.");

    public static readonly DiagnosticDescriptor UnsupportedReturnType = CreateRule(
        "TRPC0103",
        "Unsupported return type",
        "The method '{0}' returns '{1}'. Return Task, Task<T>, ValueTask, ValueTask<T> or IAsyncEnumerable<T>.",
        "A call crosses the network, so a contract method must be asynchronous.");

    public static readonly DiagnosticDescriptor DuplicateMethod = CreateRule(
        "TRPC0104",
        "Methods of a contract must have different names on the wire",
        "The methods '{0}' and '{1}' have the same name '{2}' on the wire: {3}",
        "A call identifies its method by the name.");

    public static readonly DiagnosticDescriptor MethodIdCollision = CreateRule(
        "TRPC0105",
        "Methods of a contract must have different ids on the wire",
        "The method names '{0}' and '{1}' have the same id 0x{2} on the wire. Give one of them another name with "
        + "[TunnelMethod(Name = …)].",
        "A call carries the 32-bit hash of the service and method name as the method id.");

    public static readonly DiagnosticDescriptor OneWayResult = CreateRule(
        "TRPC0106",
        "A one-way method must not have a result or a stream",
        "The one-way method '{0}' must return Task or ValueTask and must not have a stream parameter",
        "A one-way call has no reply.");

    public static readonly DiagnosticDescriptor InvalidTimeout = CreateRule(
        "TRPC0107",
        "Invalid timeout",
        "'{0}' is not a valid timeout for '{1}'. Write a number and a unit (ms, s, m, h), for example \"30s\", or a "
        + "TimeSpan, for example \"00:00:30\", of more than zero and at most 30 days.",
        "The timeout is parsed when the contract is compiled.");

    public static readonly DiagnosticDescriptor DuplicateFault = CreateRule(
        "TRPC0108",
        "Faults of a method must have different names on the wire",
        "Two faults of '{0}' have the same name '{1}' on the wire. Give one of them another name with [TunnelFault(typeof(…), Name = …)].",
        "The caller selects the type of the fault by its name.");

    public static readonly DiagnosticDescriptor UnsupportedParameterKind = CreateRule(
        "TRPC0201",
        "Unsupported parameter modifier",
        "The parameter '{0}' must not be ref, out or in",
        "Arguments are sent to the peer as copies.");

    public static readonly DiagnosticDescriptor MultipleCancellationTokens = CreateRule(
        "TRPC0202",
        "A contract method must have at most one CancellationToken",
        "The method '{0}' has more than one CancellationToken",
        "A call is cancelled as a whole.");

    public static readonly DiagnosticDescriptor UnsupportedType = CreateRule(
        "TRPC0204",
        "A type cannot be serialized",
        "'{0}' cannot be serialized: {1}",
        "Every type in a contract needs a formatter.");

    public static readonly DiagnosticDescriptor DuplicateKey = CreateRule(
        "TRPC0205",
        "Keys of a type must be different",
        "'{0}' uses the key {1} more than once",
        "A key identifies a member on the wire.");

    public static readonly DiagnosticDescriptor KeyOutOfRange = CreateRule(
        "TRPC0206",
        "An integer key is out of range",
        "'{0}' has the key {1}. Integer keys must be in the range from 0 to 1023.",
        "An integer key is an index into the array that the type is encoded as.");

    public static readonly DiagnosticDescriptor MixedKeys = CreateRule(
        "TRPC0207",
        "A type must use integer keys on all members or on none",
        "'{0}' has integer keys on some members and not on others. Give every member an integer key or [TunnelIgnore], or "
        + "remove all integer keys.",
        "A type with integer keys is encoded as an array, any other type as a map.");

    public static readonly DiagnosticDescriptor InvalidUnionCase = CreateRule(
        "TRPC0208",
        "Invalid union case",
        "'{1}' cannot be a case of the union '{0}': {2}",
        "A case derives from the type of the union, is not abstract, and has exactly one tag, which no other case has.");

    public static readonly DiagnosticDescriptor MemberNotSerialized = CreateRule(
        "TRPC0209",
        "A member with a value is not serialized",
        "'{1}.{2}' at '{0}' is not serialized: it has no public setter, and no constructor parameter matches its name and "
        + "type. Add a setter, init or such a parameter, or exclude the member with [TunnelIgnore].",
        "The receiver cannot set the member, so its value would be lost without an error.");

    public static readonly DiagnosticDescriptor StateNotSerialized = CreateRule(
        "TRPC0212",
        "A type has state that is not serialized",
        "'{1}' at '{0}' has state that is not serialized: {2}. Only public members are, if the receiver can set them. Give it a public "
        + "property whose accessors use it, and a setter, init or constructor parameter for that property; or exclude it with "
        + "[TunnelIgnore]; or declare a type with the members that you need.",
        "The receiver cannot restore the state, so its value would be lost without an error.");

    public static readonly DiagnosticDescriptor RequiredMemberNotSerialized = CreateRule(
        "TRPC0210",
        "A required member is not serialized",
        "'{0}' cannot be serialized: '{1}' cannot be created without '{2}', which is not serialized: {3}",
        "The receiver creates the object and has no value for the member.");

    public static readonly DiagnosticDescriptor ElementsNotSerialized = CreateRule(
        "TRPC0211",
        "The elements of a collection are not serialized",
        "'{1}' at '{0}' is a custom collection, which is serialized by its members and without its elements: no member carries {2}. Use "
        + "List<T>, Dictionary<TKey, TValue> or another collection of the .NET platform, or a type that has one as a member.",
        "A custom type is serialized by its members, and the elements of a collection are not members.");

    public static readonly DiagnosticDescriptor MemberNotMarked = CreateRule(
        "TRPC0213",
        "A public member of a [MessagePackObject] type is neither marked nor excluded",
        "'{1}.{2}' at '{0}' is not serialized: its type has [MessagePackObject]. Mark it with [Key], or exclude it with [IgnoreMember] or "
        + "[TunnelIgnore].",
        "The package MessagePack refuses such a type when it runs, and here the value of the member would be lost without an error.");

    public static readonly DiagnosticDescriptor EndlessType = CreateRule(
        "TRPC0214",
        "A generic type contains itself with ever larger type arguments",
        "'{0}' cannot be serialized: '{1}' contains itself with ever larger type arguments, so it would need formatters without end. "
        + "Declare the type of this member as a class of its own, or exclude the member with [TunnelIgnore].",
        "Each construction of a generic type has a formatter, which is generated when the contract is compiled.");

    public static readonly DiagnosticDescriptor CallbackNotService = CreateRule(
        "TRPC0301",
        "A callback must be a contract",
        "The callback '{1}' of '{0}' must be an interface with [TunnelService]",
        "The caller serves the callback contract, so it must be a contract itself.");

    public static readonly DiagnosticDescriptor ContractExpected = CreateRule(
        "TRPC0401",
        "A type argument must be a contract",
        "'{0}' needs a contract, and '{1}' is none: {2}",
        "Stubs and services are generated for contracts only.");

    public static readonly DiagnosticDescriptor SchemeOfCall = CreateRule(
        "TRPC0501",
        "AuthenticationSchemes has no meaning for a call",
        "Expected no AuthenticationSchemes at '{1}', got \"{0}\". A call has the user of its session. Set the scheme where the path is "
        + "mapped: MapTunnelRpc(…).RequireAuthorization(…).",
        "The user is authenticated once, when the session starts, so a call cannot choose a scheme. The server does not start.");

    public static readonly DiagnosticDescriptor AuthorizedCallback = CreateRule(
        "TRPC0502",
        "A callback must not require authorization",
        "'{0}' requires authorization, but the caller of a callback is the server, which has no user. Remove the attribute.",
        "The client refuses such a callback when it starts, since no call of it could be permitted.");

    public static readonly ImmutableArray<DiagnosticDescriptor> All = ImmutableArray.Create(
        NotPartial, ContainingTypeNotPartial, GenericService, NotAccessible, UnsupportedBase, DuplicateService, NotAMethod, GenericMethod,
        UnsupportedReturnType, DuplicateMethod, MethodIdCollision, OneWayResult, InvalidTimeout, DuplicateFault, UnsupportedParameterKind,
        MultipleCancellationTokens, UnsupportedType, DuplicateKey, KeyOutOfRange, MixedKeys, InvalidUnionCase, MemberNotSerialized,
        RequiredMemberNotSerialized, ElementsNotSerialized, StateNotSerialized, MemberNotMarked, EndlessType, CallbackNotService,
        ContractExpected, SchemeOfCall, AuthorizedCallback);

    /// <summary>
    /// Creates a rule. It has no help link, since the pages are in the repository, whose address a compiled analyzer does not know. The
    /// description names the page.
    /// </summary>
    private static DiagnosticDescriptor CreateRule(
        string id,
        string title,
        string message,
        string description,
        params string[] customTags) => new(
        id,
        title,
        message,
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: $"{description} The reasons, the fix and an example are in docs/diagnostics/{id}.md.",
        helpLinkUri: null,
        customTags: customTags);
}
