using System.Linq;
using System.Text;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The 32-bit FNV-1a hash of the UTF-8 bytes of a text, the same as TunnelMethod.ComputeId in the runtime.</summary>
internal static class WireHash
{
    /// <summary>Returns the hash.</summary>
    public static uint Of(string text) =>
        Encoding.UTF8.GetBytes(text).Aggregate(2166136261u, (hash, b) => unchecked((hash ^ b) * 16777619));
}
