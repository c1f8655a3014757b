using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>How the size of blocks follows the time that they take.</summary>
public sealed class BlockSizeTests
{
    private static readonly TimeSpan Fast = BlockSize.FastTime;
    private static readonly TimeSpan Slow = BlockSize.SlowTime + TimeSpan.FromTicks(1);

    private readonly BlockSize _size = new();

    [Fact]
    public void Size_doubles_to_the_largest_one_while_full_blocks_are_fast()
    {
        _size.OnAcknowledged(BlockSize.StartBytes - 1, Fast);
        _size.Bytes.ShouldBe(BlockSize.StartBytes, "the block was not full");

        while (!_size.IsLargest)
        {
            int bytes = _size.Bytes;
            _size.OnAcknowledged(bytes, Fast);
            _size.Bytes.ShouldBe(Math.Min(2 * bytes, LegProtocol.MaxBlockBytes));
        }

        _size.OnAcknowledged(_size.Bytes, Fast);
        _size.Bytes.ShouldBe(LegProtocol.MaxBlockBytes);
    }

    [Fact]
    public void Size_halves_once_for_slow_blocks_that_were_sent_at_the_same_time()
    {
        _size.OnAcknowledged(0, TimeSpan.FromMilliseconds(1));

        _size.OnAcknowledged(BlockSize.StartBytes, Slow);
        _size.OnAcknowledged(BlockSize.StartBytes, Slow);
        _size.Bytes.ShouldBe(BlockSize.StartBytes / 2);

        for (int i = 0; i < 10; i++)
        {
            _size.OnAcknowledged(_size.Bytes, Slow);
        }

        _size.Bytes.ShouldBe(BlockSize.MinBytes);
    }

    [Fact]
    public void Size_stays_on_a_path_whose_round_trip_is_long()
    {
        _size.OnAcknowledged(0, Slow);

        _size.OnAcknowledged(BlockSize.StartBytes, 2 * Slow);
        _size.Bytes.ShouldBe(BlockSize.StartBytes);
        _size.OnAcknowledged(BlockSize.StartBytes, 3 * Slow);
        _size.Bytes.ShouldBe(BlockSize.StartBytes / 2);
    }

    [Fact]
    public void Size_stays_small_after_a_larger_block_was_refused()
    {
        _size.OnAcknowledged(BlockSize.StartBytes, Fast);

        _size.OnRefused();

        (_size.Bytes, _size.IsLargest).ShouldBe((BlockSize.StartBytes, true));
        _size.OnAcknowledged(BlockSize.StartBytes, Fast);
        _size.Bytes.ShouldBe(BlockSize.StartBytes);
    }
}
