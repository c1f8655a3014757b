using System.Collections.Generic;

namespace TunnelRpc.Generators.Locks;

/// <summary>Which scalar and constructed types a receiver of another type can read.</summary>
internal static class ScalarTypes
{
    /// <summary>The integers, with their smallest and largest value.</summary>
    private static readonly Dictionary<string, (decimal Min, decimal Max)> Integers = new()
    {
        ["int8"] = (sbyte.MinValue, sbyte.MaxValue),
        ["uint8"] = (byte.MinValue, byte.MaxValue),
        ["int16"] = (short.MinValue, short.MaxValue),
        ["uint16"] = (ushort.MinValue, ushort.MaxValue),
        ["int32"] = (int.MinValue, int.MaxValue),
        ["uint32"] = (uint.MinValue, uint.MaxValue),
        ["int64"] = (long.MinValue, long.MaxValue),
        ["uint64"] = (ulong.MinValue, ulong.MaxValue),
    };

    /// <summary>The floats, which are float 32 or float 64 on the wire, by their precision.</summary>
    private static readonly Dictionary<string, int> Floats = new() { ["float16"] = 0, ["float32"] = 1, ["float64"] = 2 };

    /// <summary>The scalars that are strings on the wire.</summary>
    private static readonly HashSet<string> Texts =
        ["string", "decimal", "guid", "uri", "version", "ip-address", "culture", "time-zone"];

    /// <summary>The constructed types that are arrays of any length on the wire.</summary>
    private static readonly HashSet<string> Sequences = ["array", "set", "stack"];

    /// <summary>Returns whether the types are arrays of any length, whose elements are compared with each other.</summary>
    public static bool AreSequences(WireType one, WireType other) => Sequences.Contains(one.Name) && Sequences.Contains(other.Name);

    /// <summary>Returns whether a receiver of one scalar can read what the sender of another writes. Nil is not considered.</summary>
    public static Readability Read(string sender, string receiver)
    {
        if (sender == receiver)
        {
            return Readability.Always;
        }

        if (Integers.TryGetValue(sender, out (decimal Min, decimal Max) sent))
        {
            return Integers.TryGetValue(receiver, out (decimal Min, decimal Max) accepted)
                ? sent.Min >= accepted.Min && sent.Max <= accepted.Max ? Readability.Always : Readability.Sometimes
                : Floats.ContainsKey(receiver) ? Readability.Changed
                : Readability.Never;
        }

        if (Floats.TryGetValue(sender, out int written) && Floats.TryGetValue(receiver, out int read))
        {
            return written <= read ? Readability.Always : receiver == "float16" ? Readability.Changed : Readability.Sometimes;
        }

        if (Texts.Contains(sender) && Texts.Contains(receiver))
        {
            return receiver == "string" ? Readability.Changed : Readability.Sometimes;
        }

        return sender == "string" && receiver == "binary" ? Readability.Changed : Readability.Never;
    }
}
