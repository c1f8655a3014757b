using System.Buffers;
using TunnelRpc.AspNetCore.Buffers;

namespace TunnelRpc.Tests.Hosting;

/// <summary>The blocks that a server's connections read into.</summary>
public sealed class BlockPoolTests
{
    private const int Size = 64 * 1024;

    private readonly BlockPool _pool = new(Size);

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(2048)]
    [InlineData(Size)]
    public void A_block_is_whole_whatever_is_asked_for(int asked)
    {
        using IMemoryOwner<byte> block = _pool.Rent(asked);

        block.Memory.Length.ShouldBe(Size);
    }

    [Fact]
    public void More_than_a_block_is_refused() => Should.Throw<ArgumentOutOfRangeException>(() => _pool.Rent(Size + 1));

    [Fact]
    public void What_is_given_back_is_rented_next()
    {
        IMemoryOwner<byte> first = _pool.Rent();
        first.Memory.Span[7] = 77;
        first.Dispose();

        using IMemoryOwner<byte> second = _pool.Rent();

        second.ShouldBeSameAs(first);
        second.Memory.Span[7].ShouldBe((byte)77);
    }

    [Fact]
    public void A_block_that_is_given_back_twice_is_not_given_to_two()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        block.Dispose();
        block.Dispose();

        using IMemoryOwner<byte> one = _pool.Rent();
        using IMemoryOwner<byte> other = _pool.Rent();

        one.ShouldNotBeSameAs(other);
    }

    [Fact]
    public void A_block_that_is_given_back_is_nobodys()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        block.Dispose();

        Should.Throw<ObjectDisposedException>(() => block.Memory);
    }

    [Fact]
    public void No_more_is_kept_than_the_pool_says()
    {
        int kept = BlockPool.KeptBytes / Size;
        IMemoryOwner<byte>[] blocks = [.. Enumerable.Range(0, kept + 5).Select(_ => _pool.Rent())];
        Array.ForEach(blocks, block => block.Dispose());

        IMemoryOwner<byte>[] again = [.. Enumerable.Range(0, kept + 5).Select(_ => _pool.Rent())];

        again.Intersect(blocks).Count().ShouldBe(kept);
        again.Distinct().Count().ShouldBe(kept + 5);
    }

    [Fact]
    public void A_pool_that_is_over_leaves_its_blocks_to_those_who_have_them()
    {
        IMemoryOwner<byte> block = _pool.Rent();
        _pool.Dispose();

        block.Memory.Length.ShouldBe(Size);
        block.Dispose();
        Should.Throw<ObjectDisposedException>(() => _pool.Rent());
    }
}
