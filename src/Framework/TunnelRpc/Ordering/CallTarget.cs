namespace TunnelRpc.Ordering;

/// <summary>What a call may have to wait for.</summary>
/// <param name="Owner">The <see cref="OrderedQueue"/>; for one of a peer, the peer.</param>
/// <param name="Name">The service's name, with a number for an object that was passed by reference.</param>
internal readonly record struct CallTarget(object Owner, string Name)
{
    /// <summary>The name of a service, or of one of its objects.</summary>
    public static string NameOf(string service, long referenceId) => referenceId == 0 ? service : $"{service}#{referenceId}";
}
