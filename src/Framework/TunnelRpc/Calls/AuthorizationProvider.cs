namespace TunnelRpc.Calls;

/// <summary>Finds what the attributes of contracts and implementations require of callers. Thread-safe.</summary>
internal abstract class AuthorizationProvider
{
    /// <summary>Returns what calls of a method require; null if they require nothing.</summary>
    /// <param name="method">The method.</param>
    /// <param name="target">The contract, the implementation, and what the registration requires.</param>
    /// <exception cref="InvalidOperationException">What is required cannot be evaluated.</exception>
    public abstract MethodAuthorization? Find(TunnelMethod method, AuthorizationTarget target);
}
