namespace TunnelRpc.Interop.MessagePack;

/// <summary>The rule for the equality of two numbers.</summary>
internal enum NumberRule
{
    /// <summary>
    /// An integer never equals a float. Floats of both widths are compared by value. Positive and negative zero are different.
    /// </summary>
    IntegersApart,

    /// <summary>All numbers are compared by value, for a peer with only one type of numbers.</summary>
    ByValue,
}
