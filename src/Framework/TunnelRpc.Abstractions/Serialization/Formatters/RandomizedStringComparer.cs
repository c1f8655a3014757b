namespace TunnelRpc.Serialization.Formatters;

// Decision: docs/adr/0081-more-types-of-the-platform.md
/// <summary>
/// Compares strings as the default comparer does, and hashes them with the random secret of the process. A frozen collection that is
/// created with the default comparer uses a hash function without a secret.
/// </summary>
internal sealed class RandomizedStringComparer : IEqualityComparer<string>
{
    public bool Equals(string? x, string? y) => string.Equals(x, y);

    public int GetHashCode(string obj) => string.GetHashCode(obj.AsSpan());
}
