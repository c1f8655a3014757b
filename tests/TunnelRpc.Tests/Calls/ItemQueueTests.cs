using TunnelRpc.Accounting;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>The received items of one stream.</summary>
public sealed class ItemQueueTests
{
    private const int Window = 80;

    private readonly WorkQueue _work = new();
    private readonly MemoryAccount _memory = new();
    private readonly List<long> _credit = [];
    private ReceiveWindow _window = null!;
    private int _decoded;

    [Fact]
    public async Task Items_arrive_in_order_across_messages_and_batch_swaps()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Add(queue, 1, 2);
        Add(queue, 3);

        (await NextAsync(items), await NextAsync(items)).ShouldBe((1, 2));
        Add(queue, 4);
        (await NextAsync(items), await NextAsync(items)).ShouldBe((3, 4));
        queue.Complete(null);

        (await items.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Waiting_consumer_gets_the_first_item_of_the_next_message()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Task<int> waiting = NextAsync(items);
        waiting.IsCompleted.ShouldBeFalse();

        Add(queue, 5);
        _work.ScheduleReaderItems();

        (await waiting.DefaultTimeout()).ShouldBe(5);
    }

    [Fact]
    public void Empty_message_does_not_wake_the_consumer()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Task<int> waiting = NextAsync(items);

        queue.Add([]);

        _work.TryClaimReaderItems().ShouldBeFalse();
        waiting.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Reader_decodes_no_items()
    {
        ItemQueue<int> queue = Queue(new CountingFormatter(this));
        Add(queue, 1, 2, 3);
        _decoded.ShouldBe(0);

        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        (await NextAsync(items)).ShouldBe(1);

        _decoded.ShouldBe(1);
    }

    [Fact]
    public async Task Credit_is_sent_with_the_last_item_of_a_message()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Add(queue, [.. Enumerable.Range(0, 12)]);

        for (int i = 0; i < 11; i++)
        {
            (await NextAsync(items)).ShouldBe(i);
        }

        _credit.ShouldBeEmpty();
        (await NextAsync(items)).ShouldBe(11);
        _credit.ShouldBe([12]);
    }

    [Fact]
    public async Task Items_before_one_that_cannot_be_decoded_are_taken()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        AddBytes(queue, 1, 0xC1, 2);
        Add(queue, 3);
        queue.Complete(null);

        (await NextAsync(items)).ShouldBe(1);
        TunnelException first = await Should.ThrowAsync<TunnelException>(() => NextAsync(items));
        TunnelException again = await Should.ThrowAsync<TunnelException>(() => NextAsync(items));

        first.Status.ShouldBe(TunnelStatus.InvalidArgument);
        first.Message.ShouldStartWith("An item of the stream could not be decoded: ");
        again.ShouldBeSameAs(first);
    }

    [Fact]
    public async Task Item_does_not_extend_beyond_its_message()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();

        // An integer of three bytes: two of them in the first message, the third in the next one.
        AddBytes(queue, 0xCD, 0x01);
        AddBytes(queue, 0x02);

        (await Should.ThrowAsync<TunnelException>(() => NextAsync(items))).Status.ShouldBe(TunnelStatus.InvalidArgument);
    }

    [Fact]
    public async Task Waiting_consumer_gets_the_failure_of_an_item_that_cannot_be_decoded()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        Task<int> waiting = NextAsync(queue.GetAsyncEnumerator());

        AddBytes(queue, 0xC1);
        _work.ScheduleReaderItems();

        (await Should.ThrowAsync<TunnelException>(() => waiting.DefaultTimeout())).Status.ShouldBe(TunnelStatus.InvalidArgument);
    }

    [Fact]
    public async Task Formatter_that_reads_no_byte_ends_the_stream()
    {
        ItemQueue<int> queue = Queue(new IdleFormatter());
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Add(queue, 1);

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => NextAsync(items));

        error.Message.ShouldEndWith($"Expected {typeof(IdleFormatter)} to read an item, but it read no byte.");
    }

    [Fact]
    public async Task Error_follows_the_items_that_arrived_before_it()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Add(queue, 1);
        queue.Complete(new TunnelException(TunnelStatus.DataLoss, "Data loss."));
        Add(queue, 2);

        (await NextAsync(items)).ShouldBe(1);
        (await Should.ThrowAsync<TunnelException>(() => NextAsync(items))).Status.ShouldBe(TunnelStatus.DataLoss);
    }

    [Fact]
    public async Task Disposal_of_the_enumerator_releases_the_accounted_memory()
    {
        ItemQueue<int> queue = Queue(Int32Formatter.Instance);
        IAsyncEnumerator<int> items = queue.GetAsyncEnumerator();
        Add(queue, 1, 2, 3);
        (await NextAsync(items)).ShouldBe(1);
        _memory.AccountedCallBytes.ShouldBe(3);

        await items.DisposeAsync();
        _memory.PublishReceivedItemBytes();

        _memory.AccountedCallBytes.ShouldBe(0);
        (await items.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public void Trimmed_batch_keeps_only_a_small_buffer()
    {
        var batch = new EncodedItemBatch<byte[]>(ByteArrayFormatter.Instance);
        batch.Add([0xC6, 0, 1, 0, 0, .. new byte[65_536]], null);
        batch.BufferBytes.ShouldBe(131_072);
        batch.Clear();
        batch.BufferBytes.ShouldBe(131_072);

        batch.ClearAndTrim();
        batch.BufferBytes.ShouldBe(0);
        batch.Add([0xC4, 1, 7], null);
        batch.ClearAndTrim();

        batch.BufferBytes.ShouldBe(256);
    }

    [Fact]
    public async Task Waiting_consumer_keeps_no_buffer_of_items_that_it_has_taken_and_no_item()
    {
        var window = new ReceiveWindow(1 << 20, 1 << 20, _memory, new ConsumedItems(long.MaxValue, _ => { }));
        var queue = new ItemQueue<byte[]>(ByteArrayFormatter.Instance, window, (bytes, _) => _credit.Add(bytes), _work, references: null);
        IAsyncEnumerator<byte[]> items = queue.GetAsyncEnumerator();
        byte[] body = [0xC6, 0, 1, 0, 0, .. new byte[65_536]];
        for (int i = 0; i < 3; i++)
        {
            queue.Add(body);
            (await items.MoveNextAsync()).ShouldBeTrue();
            queue.Add(body);
            (await items.MoveNextAsync()).ShouldBeTrue();
        }

        queue.BufferBytes.ShouldBe(262_144);
        items.Current.Length.ShouldBe(65_536);
        ValueTask<bool> waiting = items.MoveNextAsync();

        waiting.IsCompleted.ShouldBeFalse();
        queue.BufferBytes.ShouldBe(0);
        items.Current.ShouldBeNull();
        queue.Complete(null);
        (await waiting.AsTask().DefaultTimeout()).ShouldBeFalse();
    }

    [Fact]
    public async Task Consumer_keeps_no_encoded_form_of_a_large_item_that_it_uses()
    {
        var window = new ReceiveWindow(1 << 20, 1 << 20, _memory, new ConsumedItems(long.MaxValue, _ => { }));
        var queue = new ItemQueue<byte[]>(ByteArrayFormatter.Instance, window, (bytes, _) => _credit.Add(bytes), _work, references: null);
        IAsyncEnumerator<byte[]> items = queue.GetAsyncEnumerator();
        queue.Add([0xC6, 0, 0x10, 0, 0, .. new byte[1 << 20]]);

        (await items.MoveNextAsync()).ShouldBeTrue();

        items.Current.Length.ShouldBe(1 << 20);
        queue.BufferBytes.ShouldBe(0);
    }

    private static async Task<int> NextAsync(IAsyncEnumerator<int> items) => await items.MoveNextAsync() ? items.Current : -1;

    private ItemQueue<int> Queue(ITunnelFormatter<int> formatter)
    {
        var window = new ReceiveWindow(Window, Window, _memory, new ConsumedItems(long.MaxValue, _ => { }));
        _window = window;
        return new ItemQueue<int>(formatter, window, (bytes, _) => _credit.Add(bytes), _work, references: null);
    }

    /// <summary>Adds one message of integers below 128, which are one byte each.</summary>
    private void Add(ItemQueue<int> queue, params int[] items) => AddBytes(queue, [.. items.Select(i => (byte)i)]);

    private void AddBytes(ItemQueue<int> queue, params byte[] body)
    {
        _window.OnReceived(body.Length, startsMessage: true);
        queue.Add(body);
    }

    private sealed class CountingFormatter(ItemQueueTests test) : ITunnelFormatter<int>
    {
        public void Write(ref MessagePackWriter writer, int value) => throw new NotSupportedException();

        public int Read(ref MessagePackReader reader)
        {
            test._decoded++;
            return reader.ReadInt32();
        }
    }

    private sealed class IdleFormatter : ITunnelFormatter<int>
    {
        public void Write(ref MessagePackWriter writer, int value) => throw new NotSupportedException();

        public int Read(ref MessagePackReader reader) => 0;
    }
}
