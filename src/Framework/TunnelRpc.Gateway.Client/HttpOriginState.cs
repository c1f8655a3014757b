namespace TunnelRpc.Gateway.Client;

/// <summary>The state of a name at the gateway.</summary>
public enum HttpOriginState
{
    /// <summary>The client has no session, or the claim is in progress.</summary>
    Pending,

    /// <summary>The name is claimed: requests arrive.</summary>
    Claimed,

    /// <summary>The gateway has refused the claim. The client tries again, since another owner may release the name.</summary>
    Refused,

    /// <summary>The claim is released: the application stops.</summary>
    Released,
}
