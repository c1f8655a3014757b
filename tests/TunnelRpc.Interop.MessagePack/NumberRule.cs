namespace TunnelRpc.Interop.MessagePack;

/// <summary>When two numbers are the same.</summary>
internal enum NumberRule
{
    /// <summary>Integers never equal floats; floats of both widths are compared by value, and the zeros differ by sign.</summary>
    IntegersApart,

    /// <summary>All are compared by value: what a peer has that knows one kind of number.</summary>
    ByValue,
}
