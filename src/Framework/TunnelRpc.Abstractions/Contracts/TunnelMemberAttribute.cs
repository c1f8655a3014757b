namespace TunnelRpc;

/// <summary>
/// Gives a member a key. Without keys a type travels as a map by member name; with integer keys as an array, with
/// string keys as a map by those names. Keys of one type are of one kind, and integer keys are never reused.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class TunnelMemberAttribute : Attribute
{
    /// <summary>The member's index in the array that the type travels as.</summary>
    public TunnelMemberAttribute(int key) => Key = key;

    /// <summary>The member's name in the map that the type travels as.</summary>
    public TunnelMemberAttribute(string name) => Name = name;

    /// <summary>The index, when the type travels as an array.</summary>
    public int? Key { get; }

    /// <summary>The name, when the type travels as a map.</summary>
    public string? Name { get; }
}
