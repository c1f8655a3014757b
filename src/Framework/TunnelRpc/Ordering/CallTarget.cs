namespace TunnelRpc.Ordering;

/// <summary>A service or object under ordered dispatch, for which a call may have to wait.</summary>
/// <param name="Owner">The <see cref="OrderedQueue"/> of this process, or the peer that serves the target.</param>
/// <param name="Name">The service's name; with a reference id for an object that was passed by reference.</param>
internal readonly record struct CallTarget(object Owner, string Name)
{
    /// <summary>The name of a service, or of one of its objects if <paramref name="referenceId"/> is not 0.</summary>
    public static string NameOf(string service, long referenceId) => referenceId == 0 ? service : $"{service}#{referenceId}";
}
