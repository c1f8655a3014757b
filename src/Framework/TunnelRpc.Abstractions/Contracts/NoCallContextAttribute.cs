namespace TunnelRpc;

/// <summary>
/// On the class that implements a service: its calls with one request and one reply have no <see cref="TunnelCallContext.Current"/>, which then
/// costs nothing (it is 200 bytes a call). For methods that are called very often and answer by themselves:
/// what they call over a tunnel inherits no deadline, and counts neither as part of the call in ordered dispatch nor while a server stops. Where
/// filters run around the calls there is a context all the same. The class must be known where the service is registered.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class NoCallContextAttribute : Attribute;
