namespace TunnelRpc.Interop.MessagePack;

/// <summary>Compares two value trees. The order of the pairs of a map is ignored.</summary>
internal static class ValueComparison
{
    public static bool Same(object? left, object? right, NumberRule rule) => (left, right) switch
    {
        (null, null) => true,
        (bool a, bool b) => a == b,
        (string a, string b) => a == b,
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (Extension a, Extension b) => a.Type == b.Type && a.Data.AsSpan().SequenceEqual(b.Data),
        (Timestamp a, Timestamp b) => a == b,
        (Int128 a, Int128 b) => a == b,
        (float a, _) => Same((double)a, right, rule),
        (_, float b) => Same(left, (double)b, rule),
        (double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b)
            || (double.IsNaN(a) && double.IsNaN(b)) || (rule == NumberRule.ByValue && a == b),
        (Int128 a, double b) => rule == NumberRule.ByValue && double.IsInteger(b) && Math.Abs(b) < 1e20 && a == (Int128)b,
        (double, Int128) => Same(right, left, rule),
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second, rule)),
        (List<KeyValuePair<object?, object?>> a, List<KeyValuePair<object?, object?>> b) =>
            a.Count == b.Count && a.All(pair => b.Any(other => Same(pair.Key, other.Key, rule) && Same(pair.Value, other.Value, rule))),
        _ => false,
    };
}
