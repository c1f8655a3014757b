namespace TunnelRpc.Calls;

// Decision: docs/adr/0058-authorization-of-calls.md
// Calls of methods that require something of their callers: authorized by the work item, before the arguments are decoded.
internal abstract partial class IncomingCall
{
    /// <summary>
    /// The arguments of a call that is being authorized. Used by the work item only.
    /// </summary>
    /// <exception cref="TunnelException">InvalidArgument: the arguments cannot be decoded.</exception>
    public abstract TunnelFilterArguments DecodeArgumentsForAuthorization();

    /// <summary>Decides whether the call may run; null if it may, or if that is decided.</summary>
    protected abstract MethodAuthorization? PendingAuthorization { get; }

    /// <summary>The call may run: decodes its arguments.</summary>
    /// <exception cref="TunnelException">InvalidArgument: the arguments cannot be decoded.</exception>
    protected abstract void OnAuthorized();

    /// <summary>Authorizes the call and decodes its arguments. Returns why it may not run; null if it may.</summary>
    private async ValueTask<Exception?> AuthorizeAsync(MethodAuthorization authorization)
    {
        Exception? refusal;
        try
        {
            refusal = await authorization.AuthorizeAsync(this, _context!).ConfigureAwait(false);
            if (refusal is null)
            {
                OnAuthorized();
                return null;
            }
        }
        catch (Exception error)
        {
            // A handler of the application failed. The call has not run.
            refusal = error;
        }

        if (IsOneWay && _metadata is { ReferenceCount: > 0 })
        {
            // The caller of a call with a reply releases them itself.
            Peer.RefuseUnreadReferences(Id, _metadata, []);
        }

        return refusal;
    }
}
