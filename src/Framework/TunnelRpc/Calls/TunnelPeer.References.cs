using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0054-unread-references.md
// References that were passed and not used: those of refused calls, and those in members that a contract does not have.
internal sealed partial class TunnelPeer
{
    void IStreamAcceptor.OnLateCancel(ulong stream) => ExportedReferences.ReleaseForStream(stream);

    void IStreamAcceptor.OnReference(long number, ReferenceChange change)
    {
        switch (change)
        {
            case ReferenceChange.Retain:
                ExportedReferences.Keep(number);
                break;
            case ReferenceChange.Release:
                ExportedReferences.Release(number);
                break;

            // Only a call of this side: the references of a reply are refused by CANCEL.
            case ReferenceChange.Refuse when Multiplexer.HasOpened((ulong)number):
                ExportedReferences.ReleaseForStream((ulong)number);
                break;
        }
    }

    /// <summary>
    /// A one-way call has passed more references than were read, because the contract of this side has fewer members: retains those that
    /// were read, and refuses the others. Called by the reader, before the call runs.
    /// </summary>
    public void RefuseUnreadReferences(ulong streamId, CallMetadata metadata, IReadOnlyList<ImportedReference> read)
    {
        if (metadata.ReferenceCount > (ulong)read.Count)
        {
            foreach (ImportedReference reference in read)
            {
                reference.Retain();
            }

            RefuseReferences(streamId);
        }
    }

    /// <summary>
    /// Calls wait for permits, which streams may hold that the application has abandoned: collects garbage until one is free.
    /// </summary>
    private async Task CollectAbandonedCallsAsync()
    {
        for (int generation = 0; generation <= GC.MaxGeneration && Multiplexer.WaitingCallCount > 0; generation++)
        {
            if (!await ForcedCollection.TryRunAsync(generation, ImportedReferences.Closed).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private void RefuseReferences(ulong streamId) =>
        Multiplexer.WriteControl(streamId, FrameType.Reference, [(byte)ReferenceChange.Refuse]);

    /// <summary>Whether a call may be a one-way call that announces references, as far as its frame says.</summary>
    private static bool MayPassReferences(FrameFlags flags) =>
        (flags & (FrameFlags.OneWay | FrameFlags.Metadata)) == (FrameFlags.OneWay | FrameFlags.Metadata);

    /// <summary>
    /// Whether a one-way call that was refused has passed references, which its metadata states. True if the metadata cannot be read.
    /// </summary>
    private static bool PassesReferences(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        if (!MayPassReferences(flags) || body.Length < CallBody.MethodIdSize)
        {
            return false;
        }

        try
        {
            var reader = new Serialization.MessagePackReader(body[CallBody.MethodIdSize..]);
            return CallMetadata.Read(ref reader).ReferenceCount > 0;
        }
        catch (Serialization.MessagePackException)
        {
            return true;
        }
    }
}
