namespace TunnelRpc.Interop.MessagePack;

/// <summary>The MessagePack values that a peer supports.</summary>
internal sealed record ValueProfile
{
    /// <summary>Whether the peer supports map keys other than strings.</summary>
    public required bool OtherMapKeys { get; init; }

    /// <summary>Whether the peer supports negative extension types, which the specification reserves.</summary>
    public required bool NegativeExtensions { get; init; }

    /// <summary>Whether the peer stores the seconds of a timestamp as a float 64, which must represent them exactly.</summary>
    public required bool SafeSeconds { get; init; }
}
