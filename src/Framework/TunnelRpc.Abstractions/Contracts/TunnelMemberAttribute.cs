namespace TunnelRpc;

/// <summary>
/// Sets the key under which a member is serialized.
/// </summary>
/// <remarks>
/// A type without keys is serialized as a map with the member names as keys; a type with string keys as a map with those keys; a type
/// with integer keys as an array. A type uses either integer keys on all members or on none. Never reuse an integer key.
/// </remarks>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class TunnelMemberAttribute : Attribute
{
    /// <summary>Serializes the type as an array, and the member at this index.</summary>
    /// <param name="key">The zero-based index, at most 1023.</param>
    public TunnelMemberAttribute(int key) => Key = key;

    /// <summary>Serializes the type as a map, and the member under this key.</summary>
    /// <param name="name">The key.</param>
    public TunnelMemberAttribute(string name) => Name = name;

    /// <summary>The member's index in the array; null for a string key.</summary>
    public int? Key { get; }

    /// <summary>The member's key in the map; null for an integer key.</summary>
    public string? Name { get; }
}
