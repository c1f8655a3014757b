namespace TunnelRpc.Transports.Http2Post;

/// <summary>What an <see cref="Http2PostAttempt"/> waits for.</summary>
internal enum Http2PostStage
{
    /// <summary>The head of the response.</summary>
    Head,

    /// <summary>The preamble: it proves that the response streams.</summary>
    Preamble,

    /// <summary>The probe: it proves that the request streams.</summary>
    Probe,
}
