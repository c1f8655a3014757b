using System.Collections.Concurrent;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class StreamSlotsTests
{
    private readonly StreamSlots _slots = new();

    [Fact]
    public void Open_stream_is_found_and_removed_once()
    {
        RecordingStream stream = Add(7);

        _slots.Find(7).ShouldBeSameAs(stream);
        _slots.Find(9).ShouldBeNull();
        _slots.TryRemove(stream, stream.Id).ShouldBeTrue();
        _slots.TryRemove(stream, stream.Id).ShouldBeFalse();
        _slots.Find(7).ShouldBeNull();
        _slots.Count.ShouldBe(0);
    }

    [Fact]
    public void Reused_object_is_not_found_by_its_old_id()
    {
        RecordingStream stream = Add(1);
        _slots.TryRemove(stream, stream.Id).ShouldBeTrue();

        stream.Id = 3;
        _slots.Add(stream);

        _slots.Find(1).ShouldBeNull();
        _slots.Find(3).ShouldBeSameAs(stream);
    }

    [Fact]
    public void Object_of_another_session_is_not_found_by_the_same_id()
    {
        RecordingStream stream = Add(7);
        var others = new StreamSlots();

        // Removed by a thread that read the slots before the table grew: the new slot still holds the stream.
        stream.TryMarkClosed(stream.OpenKey).ShouldBeTrue();
        others.Add(stream);

        _slots.Find(7).ShouldBeNull();
        _slots.GetOpenStreams().ShouldBeEmpty();
        _slots.TryRemove(stream, 7).ShouldBeFalse();
        others.Find(7).ShouldBeSameAs(stream);
        others.GetOpenStreams().Single().ShouldBe((stream, 7ul));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5_000)]
    public void Any_number_of_streams_is_found_beside_long_lived_ones(int lasting)
    {
        ulong next = 1;
        RecordingStream[] last = [.. Enumerable.Range(0, lasting).Select(_ => Add(next += 2))];

        for (int i = 0; i < 20_000; i++)
        {
            RecordingStream call = Add(next += 2);
            _slots.Find(next).ShouldBeSameAs(call);
            _slots.TryRemove(call, call.Id).ShouldBeTrue();
            _slots.Find(next).ShouldBeNull();
        }

        last.ShouldAllBe(stream => ReferenceEquals(_slots.Find(stream.Id), stream));
        _slots.GetOpenStreams().Select(open => (RecordingStream)open.Stream).ShouldBe(last, ignoreOrder: true);
        last.ShouldAllBe(stream => _slots.TryRemove(stream, stream.Id));
        _slots.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Streams_added_while_other_threads_find_and_remove_are_removed_once_each()
    {
        const int Calls = 50_000;
        using var added = new BlockingCollection<RecordingStream>(256);
        int removed = 0;
        Task[] others = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            foreach (RecordingStream stream in added.GetConsumingEnumerable())
            {
                _slots.Find(stream.Id).ShouldBeSameAs(stream);
                bool[] mine = [_slots.TryRemove(stream, stream.Id), _slots.TryRemove(stream, stream.Id)];
                mine.ShouldBe([true, false]);
                Interlocked.Increment(ref removed);
            }
        }))];

        for (ulong id = 2; id <= 2 * Calls; id += 2)
        {
            added.Add(Add(id));
        }

        added.CompleteAdding();
        await Task.WhenAll(others).DefaultTimeout();
        removed.ShouldBe(Calls);
        _slots.Count.ShouldBe(0);
    }

    private RecordingStream Add(ulong id)
    {
        var stream = new RecordingStream { Id = id };
        _slots.Add(stream);
        return stream;
    }
}
