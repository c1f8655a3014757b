namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>What a <see cref="BendingRelay"/> does to a connection.</summary>
internal enum Bend
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The request is passed on once it is complete.</summary>
    HoldUntilComplete,

    /// <summary>Of what the client sends, the last piece is kept until another comes.</summary>
    OneBehind,

    /// <summary>Of what the client sends, nothing is passed on below so many bytes.</summary>
    HoldBelow,

    /// <summary>Of the body nothing is passed on.</summary>
    Drop,

    /// <summary>The connection is cut once the client has sent so many bytes of body.</summary>
    CutUp,

    /// <summary>The connection is cut once the server has sent so many bytes.</summary>
    CutDown,

    /// <summary>Of the answer only the head is passed on.</summary>
    HeadOnly,

    /// <summary>The answer is not passed on; the connection stays open.</summary>
    Silence,

    /// <summary>The request is passed on, and the connection cut when its answer comes.</summary>
    LoseAnswer,

    /// <summary>The connection is closed, unannounced, after its first answer.</summary>
    OneRequest,

    /// <summary>The answer waits for the relay's gate.</summary>
    Gate,
}
