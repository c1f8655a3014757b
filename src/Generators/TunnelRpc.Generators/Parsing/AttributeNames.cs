using System;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0008-generator-finds-types-by-name.md
/// <summary>
/// The full names of the attributes, and of the interface, that the generator reads. They are found by name, so that the MessagePack
/// package need not be referenced.
/// </summary>
internal static class AttributeNames
{
    public const string TunnelService = "TunnelRpc.TunnelServiceAttribute";
    public const string TunnelMethod = "TunnelRpc.TunnelMethodAttribute";
    public const string OneWay = "TunnelRpc.OneWayAttribute";
    public const string Timeout = "TunnelRpc.TimeoutAttribute";
    public const string Idempotent = "TunnelRpc.IdempotentAttribute";
    public const string TunnelFault = "TunnelRpc.TunnelFaultAttribute";
    public const string TunnelMember = "TunnelRpc.TunnelMemberAttribute";
    public const string TunnelIgnore = "TunnelRpc.TunnelIgnoreAttribute";
    public const string TunnelUnion = "TunnelRpc.TunnelUnionAttribute";
    public const string TunnelFormatter = "TunnelRpc.TunnelFormatterAttribute";
    public const string TunnelSurrogate = "TunnelRpc.TunnelSurrogateAttribute";
    public const string MessagePackObject = "MessagePack.MessagePackObjectAttribute";
    public const string MessagePackKey = "MessagePack.KeyAttribute";
    public const string MessagePackIgnore = "MessagePack.IgnoreMemberAttribute";
    public const string MessagePackUnion = "MessagePack.UnionAttribute";
    public const string MessagePackFormatter = "MessagePack.MessagePackFormatterAttribute";
    public const string CallbackReceiver = "MessagePack.IMessagePackSerializationCallbackReceiver";
    public const string SerializationConstructor = "MessagePack.SerializationConstructorAttribute";
    public const string DataContract = "System.Runtime.Serialization.DataContractAttribute";
    public const string DataMember = "System.Runtime.Serialization.DataMemberAttribute";
    public const string SetsRequiredMembers = "System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute";
    public const string GenerateSerializer = "Orleans.GenerateSerializerAttribute";
    public const string JsonIgnore = "System.Text.Json.Serialization.JsonIgnoreAttribute";
    public const string IgnoreDataMember = "System.Runtime.Serialization.IgnoreDataMemberAttribute";
    public const string NonSerialized = "System.NonSerializedAttribute";

    public const string InlineArray = "System.Runtime.CompilerServices.InlineArrayAttribute";

    /// <summary>The attributes that mark a member as serialized.</summary>
    public static readonly string[] Keys = [TunnelMember, MessagePackKey, DataMember];

    /// <summary>The attributes of other serializers that mark a member of a type of <see cref="IsOptIn"/>.</summary>
    public static readonly string[] ForeignKeys =
    [
        "Newtonsoft.Json.JsonPropertyAttribute",
        "Newtonsoft.Json.JsonRequiredAttribute",
        "ProtoBuf.ProtoMemberAttribute",
        "Orleans.IdAttribute",
    ];

    /// <summary>
    /// The attributes of types whose unmarked members are not serialized, and for each the argument that may say otherwise, with the value
    /// that does not.
    /// </summary>
    private static readonly (string Name, string? Argument, int Value)[] OptIns =
    [
        (DataContract, null, 0),
        ("Newtonsoft.Json.JsonObjectAttribute", "MemberSerialization", 1),
        ("ProtoBuf.ProtoContractAttribute", "ImplicitFields", 0),
        (GenerateSerializer, "GenerateFieldIds", 0),
    ];

    /// <summary>The value JsonIgnoreCondition.Always.</summary>
    private const int JsonIgnoreAlways = 1;

    /// <summary>The attributes that exclude a member, of this and of other serializers.</summary>
    public static readonly string[] Ignores =
    [
        TunnelIgnore,
        MessagePackIgnore,
        JsonIgnore,
        IgnoreDataMember,
        NonSerialized,
        "Newtonsoft.Json.JsonIgnoreAttribute",
        "MemoryPack.MemoryPackIgnoreAttribute",
        "ProtoBuf.ProtoIgnoreAttribute",
    ];

    // Decision: docs/adr/0103-marks-and-exclusions.md
    /// <summary>The attributes that exclude a member with [Key] or [DataMember]: those of the package MessagePack, and our own.</summary>
    private static readonly string[] IgnoresOfKeys = [TunnelIgnore, MessagePackIgnore, IgnoreDataMember];

    /// <summary>The attribute that excludes a member with [TunnelMember].</summary>
    private static readonly string[] IgnoresOfMembers = [TunnelIgnore];

    /// <summary>Returns whether an attribute excludes the member, always and not only for some values.</summary>
    public static bool HasIgnore(ISymbol member) => FindIgnore(member) is not null;

    /// <summary>Returns the attribute that excludes the member, always and not only for some values; null if there is none.</summary>
    public static AttributeData? FindIgnore(ISymbol member)
    {
        ImmutableArray<AttributeData> attributes = member.GetAttributes();
        if (attributes.IsEmpty)
        {
            return null;
        }

        string[] ignores = IgnoresBeside(name => attributes.Any(a => a.AttributeClass.HasName(name)));
        return attributes.FirstOrDefault(a =>
            ignores.Any(a.AttributeClass.HasName) && a.Named("Condition") is null or JsonIgnoreAlways);
    }

    /// <summary>
    /// Returns the attributes that exclude a member. A mark takes precedence over exclusions that other serializers define.
    /// </summary>
    /// <param name="has">Whether the member has the attribute with this full name.</param>
    public static string[] IgnoresBeside(Func<string, bool> has) =>
        has(TunnelMember) ? IgnoresOfMembers : Keys.Any(has) ? IgnoresOfKeys : Ignores;

    /// <summary>Returns the attribute that marks the member as serialized; null if there is none.</summary>
    public static AttributeData? FindMark(ISymbol member)
    {
        bool isOptIn = IsOptIn(member.ContainingType);
        return member.GetAttributes().FirstOrDefault(a =>
            Keys.Any(a.AttributeClass.HasName) || (isOptIn && ForeignKeys.Any(a.AttributeClass.HasName)));
    }

    /// <summary>Returns whether an attribute marks the member as serialized.</summary>
    public static bool HasKey(ISymbol member) => Has(member, Keys);

    /// <summary>
    /// Returns whether an attribute of the type, of this or of another serializer, says that only marked members are serialized.
    /// </summary>
    public static bool IsOptIn(INamedTypeSymbol type) =>
        type.GetAttributes().Any(a => OptIns.Any(o => a.AttributeClass.HasName(o.Name) && HasMode(a, o.Argument, o.Value)));

    /// <summary>Returns whether a member of a type of <see cref="IsOptIn"/> is marked.</summary>
    public static bool IsMarked(ISymbol member) =>
        HasKey(member) || Has(member, ForeignKeys) || IsMarkedByConstructor(member);

    /// <summary>Orleans serializes the properties of the primary constructor of a record without a mark.</summary>
    private static bool IsMarkedByConstructor(ISymbol member) =>
        member is IPropertySymbol { ContainingType.IsRecord: true } property
        && Has(property.ContainingType, GenerateSerializer)
        && property.ContainingType.InstanceConstructors.Any(c => c.Parameters.Any(p =>
            p.Name == property.Name
            && SymbolEqualityComparer.Default.Equals(p.Type, property.Type)
            && !p.ContainingSymbol.IsImplicitlyDeclared));

    // JsonObject has its mode as an argument of the constructor or as a property; its default is not opt-in.
    private static bool HasMode(AttributeData attribute, string? argument, int value) =>
        argument is null
        || (attribute.Named(argument) ?? attribute.ConstructorArguments.FirstOrDefault(a => a.Kind == TypedConstantKind.Enum).Value ?? 0)
            is int mode && mode == value;

    /// <summary>Returns the first attribute with this full name; null if there is none.</summary>
    public static AttributeData? Find(ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass.HasName(name));

    /// <summary>Returns whether the symbol has one of the attributes.</summary>
    public static bool Has(ISymbol symbol, params string[] names) =>
        symbol.GetAttributes().Any(a => names.Any(a.AttributeClass.HasName));

    /// <summary>Returns the value of a named argument; null if it is not set.</summary>
    public static object? Named(this AttributeData attribute, string name) =>
        attribute.NamedArguments.FirstOrDefault(a => a.Key == name).Value.Value;
}
