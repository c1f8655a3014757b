using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0008-generator-finds-types-by-name.md
/// <summary>
/// The full names of the attributes that the generator reads. Attributes are found by name, so that the MessagePack package need not be
/// referenced.
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
    public const string MessagePackObject = "MessagePack.MessagePackObjectAttribute";
    public const string MessagePackKey = "MessagePack.KeyAttribute";
    public const string MessagePackIgnore = "MessagePack.IgnoreMemberAttribute";
    public const string MessagePackUnion = "MessagePack.UnionAttribute";
    public const string MessagePackFormatter = "MessagePack.MessagePackFormatterAttribute";
    public const string SerializationConstructor = "MessagePack.SerializationConstructorAttribute";
    public const string DataContract = "System.Runtime.Serialization.DataContractAttribute";
    public const string DataMember = "System.Runtime.Serialization.DataMemberAttribute";
    public const string SetsRequiredMembers = "System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute";
    public const string JsonIgnore = "System.Text.Json.Serialization.JsonIgnoreAttribute";

    /// <summary>The attributes that mark a member as serialized.</summary>
    public static readonly string[] Keys = [TunnelMember, MessagePackKey, DataMember];

    /// <summary>The value JsonIgnoreCondition.Always.</summary>
    private const int JsonIgnoreAlways = 1;

    /// <summary>The attributes that exclude a member, of this and of other serializers.</summary>
    public static readonly string[] Ignores =
    [
        TunnelIgnore,
        MessagePackIgnore,
        JsonIgnore,
        "System.Runtime.Serialization.IgnoreDataMemberAttribute",
        "System.NonSerializedAttribute",
        "Newtonsoft.Json.JsonIgnoreAttribute",
        "MemoryPack.MemoryPackIgnoreAttribute",
        "ProtoBuf.ProtoIgnoreAttribute",
    ];

    /// <summary>Returns whether an attribute excludes the member, always and not only for some values.</summary>
    public static bool HasIgnore(ISymbol member) =>
        member.GetAttributes().Any(a =>
            Ignores.Contains(a.AttributeClass?.ToDisplayString()) && a.Named("Condition") is null or JsonIgnoreAlways);

    /// <summary>Returns whether an attribute marks the member as serialized.</summary>
    public static bool HasKey(ISymbol member) => Has(member, Keys);

    /// <summary>Returns the first attribute with this full name; null if there is none.</summary>
    public static AttributeData? Find(ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == name);

    /// <summary>Returns whether the symbol has one of the attributes.</summary>
    public static bool Has(ISymbol symbol, params string[] names) =>
        symbol.GetAttributes().Any(a => names.Contains(a.AttributeClass?.ToDisplayString()));

    /// <summary>Returns the value of a named argument; null if it is not set.</summary>
    public static object? Named(this AttributeData attribute, string name) =>
        attribute.NamedArguments.FirstOrDefault(a => a.Key == name).Value.Value;
}
