using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0085-rules-for-code-that-uses-contracts.md
/// <summary>
/// The diagnostics of contracts and of code that uses them. An error of a contract prevents its generation, a warning does not. Each rule
/// has a page in docs/diagnostics.
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
        "The method '{0}' returns '{1}'. Return {2}.",
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
        "The one-way method '{0}' {1}",
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
        "The method '{0}' has more than one CancellationToken: remove '{1}'",
        "A call is cancelled as a whole.");

    public static readonly DiagnosticDescriptor MisplacedCancellationToken = CreateRule(
        "TRPC0203",
        "A CancellationToken is misplaced",
        "The CancellationToken at '{0}' cannot be sent. Only a parameter of a method cancels its call, if it has exactly the type "
        + "CancellationToken: {1}.",
        "A token is a reference to a source in this process. Only a parameter of the method cancels its call.");

    public static readonly DiagnosticDescriptor UnsupportedType = CreateRule(
        "TRPC0204",
        "A type cannot be serialized",
        "'{0}' cannot be serialized: {1}",
        "Every type in a contract needs a formatter.");

    public static readonly DiagnosticDescriptor DuplicateKey = CreateRule(
        "TRPC0205",
        "Keys of a type must be different",
        "'{0}' uses the key {1} more than once. Give each member a key of its own.",
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
        + "property whose getter uses it, and a setter, init or constructor parameter for that property; or exclude it with "
        + "[TunnelIgnore]; or name a formatter or a surrogate of the type ([TunnelFormatter], [TunnelSurrogate]); or declare a type with "
        + "the members that you need.",
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
        + "List<T>, Dictionary<TKey, TValue> or another collection of the .NET platform, or a type that has one as a member{3}.",
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

    public static readonly DiagnosticDescriptor PredictableKeys = CreateRule(
        "TRPC0215",
        "The hash codes of keys are predictable",
        "The keys of '{0}' are of the type '{1}', whose hash codes a peer can predict: it can choose keys that collide. Use keys of a "
        + "type with a protected formatter, such as string, int or Guid, a sorted collection, or a list of pairs.",
        "A dictionary or set of keys that collide takes quadratic time to read. The formatters protect the types of the platform.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor UnionCaseNotSealed = CreateRule(
        "TRPC0216",
        "A case of a union is not sealed",
        "The case '{0}' of the union '{1}' is not sealed: an object of a class derived from it is refused when it is written. Seal it, or "
        + "declare the derived classes as cases.",
        "A case is sent with its own members only, so an object of a derived class is an error.",
        DiagnosticSeverity.Info);

    public static readonly DiagnosticDescriptor NotSent = CreateRule(
        "TRPC0217",
        "A part of a contract is not sent",
        "'{0}' is not sent: {1}",
        "The declaration says that a value is sent, and something else in it prevents that, so the value would be lost without an error.",
        DiagnosticSeverity.Info);

    public static readonly DiagnosticDescriptor FormatterMismatch = CreateRule(
        "TRPC0220",
        "A formatter does not fit its type",
        "'{0}' cannot be the formatter or the surrogate conversion of '{1}': {2}",
        "The attributes [TunnelFormatter], [TunnelSurrogate] and [MessagePackFormatter] name a class that generated code uses for a type.");

    public static readonly DiagnosticDescriptor FormatterConflict = CreateRule(
        "TRPC0221",
        "A type has more than one formatter",
        "'{0}' has the formatters '{1}' and '{2}'. Remove one of the attributes, or choose with an attribute on the assembly of the "
        + "contract or on the member.",
        "The values of a type at one place have one encoding, which both peers must know.");

    public static readonly DiagnosticDescriptor PackageMissing = CreateRule(
        "TRPC0222",
        "A formatter of MessagePack-CSharp needs the package TunnelRpc.MessagePack",
        "'{0}' cannot be serialized: '{1}' is a formatter of MessagePack-CSharp. Reference the package TunnelRpc.MessagePack, which calls "
        + "it, or name an ITunnelFormatter<T> with [TunnelFormatter].",
        "Without the package, generated code cannot call the formatter, and other bytes would be sent than it writes.");

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

    public static readonly DiagnosticDescriptor BroadcastWithResult = CreateRule(
        "TRPC0402",
        "A broadcast has no result",
        "'{0}' has a result or a stream, so one call cannot reach several sessions. Call it for each session: "
        + "InvokeEachAsync(({1}, token) => …), GatherAsync, or Session(id).",
        "A broadcast stub supports methods without a result and without streams. Any other call throws InvalidOperationException.");

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

    public static readonly DiagnosticDescriptor EndpointWithoutAuthorization = CreateRule(
        "TRPC0503",
        "An endpoint has no authorization decision",
        "Every client can connect to this endpoint. Add RequireAuthorization(), or AllowAnonymous() to state that this is intended.",
        "The requests of a path are authorized by the conventions of its endpoint, or by a fallback policy.",
        DiagnosticSeverity.Info,
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor NotConsumed = CreateRule(
        "TRPC0701",
        "A received stream or object is not used",
        "'{0}' does not use its parameter '{1}': the caller passes {2} that is never {3}. Use it, or remove the parameter from the "
        + "contract.",
        "The caller produces the stream or exports the object in vain, and gets no error.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor BlockingWait = CreateRule(
        "TRPC0702",
        "A served call blocks its thread",
        "'{0}' serves a call and blocks a thread of the pool with '{1}' until the task completes. Use await.",
        "Calls run on the thread pool. Calls that block take its threads from all other calls, and time out when it has none left.",
        DiagnosticSeverity.Warning);

    /// <summary>The rules of contracts, which the parser reports.</summary>
    public static readonly ImmutableArray<DiagnosticDescriptor> OfContracts = ImmutableArray.Create(
        NotPartial, ContainingTypeNotPartial, GenericService, NotAccessible, UnsupportedBase, DuplicateService, NotAMethod, GenericMethod,
        UnsupportedReturnType, DuplicateMethod, MethodIdCollision, OneWayResult, InvalidTimeout, DuplicateFault, UnsupportedParameterKind,
        MultipleCancellationTokens, MisplacedCancellationToken, UnsupportedType, DuplicateKey, KeyOutOfRange, MixedKeys, InvalidUnionCase,
        MemberNotSerialized, RequiredMemberNotSerialized, ElementsNotSerialized, StateNotSerialized, MemberNotMarked, EndlessType,
        FormatterMismatch, FormatterConflict, PackageMissing, CallbackNotService, ContractExpected);

    /// <summary>All rules of the analyzers.</summary>
    public static readonly ImmutableArray<DiagnosticDescriptor> All = OfContracts.AddRange(ImmutableArray.Create(
        PredictableKeys, UnionCaseNotSealed, NotSent, BroadcastWithResult, SchemeOfCall, AuthorizedCallback, EndpointWithoutAuthorization,
        NotConsumed, BlockingWait));

    internal static DiagnosticDescriptor CreateRule(
        string id, string title, string message, string description, params string[] customTags) =>
        CreateRule(id, title, message, description, DiagnosticSeverity.Error, customTags);

    /// <summary>
    /// Creates a rule. It has no help link, since the pages are in the repository, whose address a compiled analyzer does not know. The
    /// description names the page.
    /// </summary>
    internal static DiagnosticDescriptor CreateRule(
        string id,
        string title,
        string message,
        string description,
        DiagnosticSeverity severity,
        params string[] customTags) => new(
        id,
        title,
        message,
        Category,
        severity,
        isEnabledByDefault: true,
        description: $"{description} The reasons, the fix and an example are in docs/diagnostics/{id}.md.",
        helpLinkUri: null,
        customTags: customTags);
}
