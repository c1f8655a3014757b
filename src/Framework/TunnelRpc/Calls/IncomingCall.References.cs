namespace TunnelRpc.Calls;

// The references that a call has received with its arguments, and has passed.
internal abstract partial class IncomingCall
{
    /// <summary>
    /// The arguments are decoded: takes the references that they have passed, which end with the call, and refuses those that the caller
    /// has passed and that were not read.
    /// </summary>
    protected void TakeReferencesOfArguments(ulong streamId)
    {
        _arguments = _references?.TakeImported();
        if (IsOneWay && _metadata is { ReferenceCount: > 0 })
        {
            Peer.RefuseUnreadReferences(streamId, _metadata, _arguments ?? []);
        }
    }

    /// <summary>The call has ended: ends the references that it has passed, and those that it has received as arguments.</summary>
    private void EndReferences(CallReferences references, bool isReplied, bool isFailureSent)
    {
        if (isFailureSent)
        {
            references.EndUnsent();
        }
        else if (!isReplied)
        {
            references.End(includeTransferred: true);
        }

        foreach (ImportedReference argument in _arguments ?? [])
        {
            if (IsOneWay)
            {
                // The call has not run.
                argument.Release();
            }
            else
            {
                argument.OnCallEnded();
            }
        }
    }
}
