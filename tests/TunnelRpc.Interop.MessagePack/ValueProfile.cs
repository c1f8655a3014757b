namespace TunnelRpc.Interop.MessagePack;

/// <summary>What a peer can hold of what MessagePack can say.</summary>
internal sealed record ValueProfile
{
    /// <summary>Whether map keys may be other than strings.</summary>
    public required bool OtherMapKeys { get; init; }

    /// <summary>Whether extension types below zero are allowed; the specification keeps them for itself.</summary>
    public required bool NegativeExtensions { get; init; }

    /// <summary>Whether the seconds of a timestamp must be exact in a float 64.</summary>
    public required bool SafeSeconds { get; init; }
}
