namespace TunnelRpc.Client;

/// <summary>The order in which a client with several addresses tries them when it opens a session.</summary>
public enum TunnelAddressSelection
{
    /// <summary>The order in which the addresses are given.</summary>
    InOrder,

    /// <summary>A new random order for each connect attempt, so that many clients spread over the servers.</summary>
    Random,
}
