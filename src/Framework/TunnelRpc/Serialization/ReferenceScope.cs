using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>
/// Where values that travel by reference (services, streams, progress) are exchanged for numbers while one call's values
/// are written and read. The runtime makes it; formatters ask the writer and the reader for it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ReferenceScope
{
    private protected ReferenceScope()
    {
    }

    /// <summary>The error of a reference outside of a call.</summary>
    internal static MessagePackException Missing(string what) => new(
        $"Expected {what} in the arguments, the result or the elements of a call, got it in a value that is written or read by itself. It travels by reference, which only a session can hold.");

    /// <summary>Lets the peer call <paramref name="target"/>, and gives the number under which it does. A stub of the peer's own object goes back as that object's number, below zero.</summary>
    internal abstract long Export<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target)
        where TService : class;

    /// <summary>What calls to the peer's object of this number go through.</summary>
    internal abstract TunnelInvoker Import(long number);

    /// <summary>This side's own object, which the peer has given back.</summary>
    internal abstract TService Return<TService>(long number)
        where TService : class;

    /// <summary>Has something completed before the call that is served is answered.</summary>
    internal abstract void CompleteBeforeAnswer(IAsyncDisposable work);
}
