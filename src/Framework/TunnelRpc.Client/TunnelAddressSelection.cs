namespace TunnelRpc.Client;

/// <summary>In which order a client that has several addresses tries them, when it makes a session.</summary>
public enum TunnelAddressSelection
{
    /// <summary>As they are given.</summary>
    InOrder,

    /// <summary>By chance, anew each time, so that many clients spread over them.</summary>
    Random,
}
