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
    public const string DataMember = "System.Runtime.Serialization.DataMemberAttribute";
    public const string SetsRequiredMembers = "System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute";
    public const string IgnoreDataMember = "System.Runtime.Serialization.IgnoreDataMemberAttribute";

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
