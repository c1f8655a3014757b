using System.Collections.Concurrent;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>Stands for the runner: records the messages of a run, and completes <see cref="Ended"/> when the run has ended.</summary>
internal sealed class MessageRecorder : LongLivedMarshalByRefObject, IMessageSink
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<IMessageSinkMessage> Messages { get; } = new();

    public Task Ended => _ended.Task;

    public bool OnMessage(IMessageSinkMessage message)
    {
        Messages.Enqueue(message);
        if (message is ITestAssemblyFinished)
        {
            _ended.TrySetResult();
        }

        return true;
    }
}
